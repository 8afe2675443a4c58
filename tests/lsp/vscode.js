// Runs the extension with stand-ins for the editor and for its client library, and tells
// in JSON what it asked of them. Arguments: the extension's folder, and a step a word.
"use strict";

const Module = require("module");
const path = require("path");

const said = [];
const commands = {};
const subscribed = [];
let works = true;
let settingsChanged;

class LanguageClient {
  constructor(id, name, server, options) {
    said.push({ made: id, server, languages: options.documentSelector });
  }
  async start() {
    if (!works) throw new Error("spawn ENOENT");
    this.running = true;
    said.push("started");
  }
  isRunning() {
    return Boolean(this.running);
  }
  async stop() {
    this.running = false;
    said.push("stopped");
  }
}

const stands = {
  vscode: {
    commands: {
      registerCommand(name, run) {
        commands[name] = run;
        return { dispose() {} };
      },
    },
    window: { showErrorMessage: (text) => said.push({ error: text }) },
    workspace: {
      workspaceFolders: [{ uri: { fsPath: "/nets" } }],
      getConfiguration: () => ({
        get: () => ["${workspaceFolder}/bin/modelspec", "lsp"],
      }),
      createFileSystemWatcher: (pattern) => ({ pattern }),
      onDidChangeConfiguration(run) {
        settingsChanged = run;
        return { dispose() {} };
      },
    },
  },
  "vscode-languageclient/node": { LanguageClient },
};
const load = Module._load;
Module._load = (name, ...rest) => stands[name] ?? load(name, ...rest);

const steps = {
  activate: (extension) => extension.activate({ subscriptions: subscribed }),
  deactivate: (extension) => extension.deactivate(),
  restart: () => commands["modelspec.restart"](),
  settings: () => settingsChanged({ affectsConfiguration: (one) => one === "modelspec" }),
  others: () => settingsChanged({ affectsConfiguration: () => false }),
  break: () => (works = false),
};

(async () => {
  const [folder, ...words] = process.argv.slice(2);
  const extension = require(path.resolve(folder));
  for (const word of words) await steps[word](extension);
  console.log(JSON.stringify({ said, commands: Object.keys(commands), subscribed: subscribed.length }));
})();
