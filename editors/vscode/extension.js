// Starts `modelspec lsp` and connects it to the editor.
"use strict";

const { commands, window, workspace } = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

let client;

/** The configured command, with the workspace's folder put in. */
function command() {
  const folder = workspace.workspaceFolders?.[0]?.uri.fsPath ?? "";
  const words = workspace.getConfiguration("modelspec").get("command");
  return words.map((word) => word.replaceAll("${workspaceFolder}", folder));
}

async function start() {
  const [executable, ...args] = command();
  const server = { command: executable, args };
  const documents = {
    documentSelector: [
      { language: "yaml", scheme: "file" },
      { language: "yaml", scheme: "untitled" },
    ],
    synchronize: {
      fileEvents: workspace.createFileSystemWatcher("**/*.{yaml,yml}"),
    },
  };
  client = new LanguageClient("modelspec", "modelspec", server, documents);
  try {
    await client.start();
  } catch (error) {
    window.showErrorMessage(
      `'${executable}' does not start: ${error.message}. Install it with ` +
        'pip install "modelspec-compiler[lsp]", or set modelspec.command.',
    );
  }
}

async function stop() {
  const running = client;
  client = undefined;
  if (running?.isRunning()) {
    await running.stop();
  }
}

async function activate(context) {
  const restart = async () => {
    await stop();
    await start();
  };
  context.subscriptions.push(
    commands.registerCommand("modelspec.restart", restart),
    workspace.onDidChangeConfiguration((change) =>
      change.affectsConfiguration("modelspec") ? restart() : undefined,
    ),
  );
  await start();
}

module.exports = { activate, deactivate: stop };
