"use strict";
// Draws the graph of a network, which lies in the element "data" as JSON: nodes with
// their sizes, and for each group a plan of what stands above what. Which groups are
// open is up to the reader; this script places the boxes for the sizes at hand, in the
// same way as `modelspec/report/graph/placing.py`, whose names it uses.
//
// Texts come from specs of strangers: they are only ever set as text.

(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const { nodes, plans, measures } = data;
  const SVG = "http://www.w3.org/2000/svg";
  const stage = document.getElementById("stage");
  const picture = document.getElementById("picture");
  const world = document.getElementById("world");
  const tip = document.getElementById("tip");
  const opened = new Set(data.opened);

  // --- plans --------------------------------------------------------------------

  for (const plan of Object.values(plans)) {
    plan.atItem = plan.items.map(() => []);
    plan.feeding = new Set(plan.feeders);
    for (const segment of plan.segments) {
      plan.atItem[segment[0]].push(segment);
      plan.atItem[segment[1]].push(segment);
    }
  }

  // --- sizes --------------------------------------------------------------------

  /** The sizes of a plan's items: of closed boxes, and of groups that are open. */
  function sizesOf(plan, children) {
    const sizes = { left: [], right: [], height: [], open: [], boxes: [], signs: [] };
    plan.items.forEach(([kind, ref], item) => {
      let half = measures.bend / 2;
      let height = 0;
      let below = 0;
      if (kind === "node" && children.has(ref)) {
        const inner = children.get(ref);
        sizes.open[item] = inner;
        half = inner.width / 2;
        height = inner.height;
      } else if (kind === "node") {
        const node = nodes[ref];
        half = node.width / 2;
        height = node.height;
        below = node.shapeWidth + 10;
        sizes.boxes[item] = true;
        sizes.signs[item] = node.isSign;
      }
      sizes.left.push(half);
      sizes.right.push(Math.max(half, below));
      sizes.height.push(height);
    });
    return sizes;
  }

  function exitOffset(sizes, item, leaf) {
    const inner = sizes.open[item];
    return inner ? inner.exits.get(leaf) - inner.width / 2 : 0;
  }

  function entryOffset(sizes, item, leaf) {
    const inner = sizes.open[item];
    return inner ? inner.entries.get(leaf) - inner.width / 2 : 0;
  }

  // --- from left to right -------------------------------------------------------

  /** Columns as they push one another; see `_Columns` in placing.py. */
  function columnsOf(plan, sizes) {
    const leafOf = new Map(plan.segments.map(([u, l, leaf]) => [`${u} ${l}`, leaf]));
    const place = [];
    const offsets = plan.columns.map((column, at) => {
      let offset = 0;
      return column.map((item, k) => {
        if (k > 0) {
          const upper = column[k - 1];
          const leaf = leafOf.get(`${upper} ${item}`);
          offset += exitOffset(sizes, upper, leaf) - entryOffset(sizes, item, leaf);
        }
        place[item] = [at, offset];
        return [item, offset];
      });
    });
    const beside = plan.columns.map(() => []);
    for (const row of plan.layers) {
      for (let k = 1; k < row.length; k += 1) {
        const [one, other] = [row[k - 1], row[k]];
        const hasNode = plan.items[one][0] === "node" || plan.items[other][0] === "node";
        let apart = hasNode ? measures.separation : measures.bendSeparation;
        apart += sizes.right[one] + sizes.left[other];
        const [left, fromLeft] = place[one];
        const [right, fromRight] = place[other];
        beside[right].push([left, apart + fromLeft - fromRight]);
      }
    }
    return { offsets, place, beside };
  }

  function lowsOf({ offsets, beside }, sizes, fixed) {
    const found = [];
    beside.forEach((neighbours, column) => {
      let least = -Infinity;
      for (const [item, offset] of offsets[column]) {
        least = Math.max(least, sizes.left[item] - offset);
      }
      for (const [left, apart] of neighbours) {
        least = Math.max(least, found[left] + apart);
      }
      found.push(fixed.has(column) ? fixed.get(column) : least);
    });
    return found;
  }

  function highsOf({ offsets, beside }, sizes, fixed, right) {
    const found = offsets.map((items) => {
      let most = -Infinity;
      for (const [item, offset] of items) most = Math.max(most, offset + sizes.right[item]);
      return right - most;
    });
    for (let column = found.length - 1; column >= 0; column -= 1) {
      if (fixed.has(column)) found[column] = fixed.get(column);
      for (const [left, apart] of beside[column]) {
        found[left] = Math.min(found[left], found[column] - apart);
      }
    }
    return found;
  }

  /** The middle of what a column is linked to, among what has its place. */
  function wantedOf({ offsets, place }, plan, sizes, column, fixed) {
    let total = 0;
    let count = 0;
    for (const [item, offset] of offsets[column]) {
      for (const [upper, lower, leaf] of plan.atItem[item]) {
        const isUpper = upper === item;
        const [there, fromThere] = place[isUpper ? lower : upper];
        if (there === column || !fixed.has(there)) continue;
        const apart = exitOffset(sizes, upper, leaf) - entryOffset(sizes, lower, leaf);
        total += fixed.get(there) + fromThere + (isUpper ? -apart : apart) - offset;
        count += 1;
      }
    }
    return count ? total / count : null;
  }

  function placeColumns(plan, sizes) {
    const columns = columnsOf(plan, sizes);
    const low = lowsOf(columns, sizes, new Map());
    let right = 0;
    columns.offsets.forEach((items, column) => {
      for (const [item, offset] of items) {
        right = Math.max(right, low[column] + offset + sizes.right[item]);
      }
    });
    let fixed = new Map();
    if (plan.items.length * plan.columns.length <= measures.mostWork) {
      const weights = plan.columns.map(
        (column) => column.filter((item) => plan.items[item][0] === "node").length,
      );
      const order = weights.map((_, column) => column);
      order.sort((one, other) => weights[other] - weights[one] || one - other);
      for (const column of order) {
        const lowest = lowsOf(columns, sizes, fixed)[column];
        const highest = highsOf(columns, sizes, fixed, right)[column];
        const wanted = wantedOf(columns, plan, sizes, column, fixed);
        const place = wanted === null ? (lowest + highest) / 2 : wanted;
        fixed.set(column, Math.max(lowest, Math.min(place, highest)));
      }
    } else {
      fixed = new Map(low.entries());
    }
    const x = columns.place.map(([column, offset]) => fixed.get(column) + offset);
    let left = Infinity;
    x.forEach((one, item) => {
      left = Math.min(left, one - sizes.left[item]);
    });
    return [x, left, right];
  }

  // --- from top to bottom -------------------------------------------------------

  function placeRows(plan, sizes, bows, isRoot) {
    const y = [];
    const tops = [];
    const turns = [];
    let at = isRoot ? measures.margin : measures.header + 4;
    plan.layers.forEach((row, number) => {
      const kinds = new Set(row.map((item) => plan.items[item][0]));
      if (kinds.has("in")) at = 0;
      const height = Math.max(0, ...row.map((item) => sizes.height[item]));
      tops.push(at);
      for (const item of row) {
        y[item] = at + height / 2;
        const more = height - sizes.height[item];
        if (more > measures.tall) {
          y[item] = at + (plan.feeding.has(item) ? more : 0) + sizes.height[item] / 2;
        }
      }
      at += height;
      let straight = kinds.has("in") ? measures.header - 4 : 0;
      if (kinds.has("node")) straight = measures.label;
      turns.push(at + straight);
      if (number + 1 < plan.layers.length) at += straight + curveHeight(bows[number]);
    });
    const hasExits = plan.items.some(([kind]) => kind === "out");
    const bottom = hasExits ? 0 : measures.padding;
    return [y, tops, turns, at + (isRoot ? measures.margin : bottom)];
  }

  function curveHeight(bow) {
    if (bow < measures.straight) return measures.arrow;
    return Math.min(1.6 * measures.arrow + bow / 12, 3 * measures.arrow);
  }

  // --- lines --------------------------------------------------------------------

  function endsOf(plan, sizes, x, [upper, lower, leaf]) {
    const start = x[upper] + exitOffset(sizes, upper, leaf);
    let end = x[lower] + entryOffset(sizes, lower, leaf);
    if (sizes.boxes[lower]) {
      const reach = Math.max(0, sizes.left[lower] - 12);
      end = Math.min(Math.max(start, end - reach), end + reach);
    }
    return [start, end];
  }

  function runsIntoSide(plan, sizes, x, [upper, item]) {
    if (plan.items[upper][0] !== "bend" || !sizes.signs[item]) return false;
    const start = x[upper];
    if (Math.abs(start - x[item]) <= sizes.left[item] + 6) return false;
    const row = plan.layers[plan.rows[item]];
    const onRight = start > x[item];
    const other = row[row.indexOf(item) + (onRight ? 1 : -1)];
    if (other === undefined) return true;
    if (onRight) return x[other] - sizes.left[other] > start;
    return x[other] + sizes.right[other] < start;
  }

  function bowsOf(plan, sizes, x) {
    const found = plan.layers.map(() => 0);
    for (const segment of plan.segments) {
      if (runsIntoSide(plan, sizes, x, segment)) continue;
      const [start, end] = endsOf(plan, sizes, x, segment);
      const row = plan.rows[segment[0]];
      found[row] = Math.max(found[row], Math.abs(end - start));
    }
    return found;
  }

  /** The `d` of a line and of its tip, within the group. */
  function pathOf(plan, sizes, inside, segment) {
    const [upper, lower] = segment;
    const { x, y, tops, turns } = inside;
    const [start, end] = endsOf(plan, sizes, x, segment);
    let top = y[upper] + sizes.height[upper] / 2;
    if (plan.items[upper][0] === "bend") top = tops[plan.rows[upper]];
    if (runsIntoSide(plan, sizes, x, segment)) {
      const from = x[upper];
      const sign = from > x[lower] ? 1 : -1;
      const side = x[lower] + sign * sizes.left[lower];
      const round = Math.min(10, Math.abs(side - from), Math.max(0, y[lower] - top));
      const corner = `Q${from} ${y[lower]} ${from - sign * round} ${y[lower]}`;
      return [
        `M${from} ${top}V${y[lower] - round}${corner}H${side + sign * 6}`,
        `M${side} ${y[lower]}l${sign * 7} -3.5v7Z`,
      ];
    }
    const turn = turns[plan.rows[upper]];
    let arrive = tops[plan.rows[lower]];
    let last = arrive;
    if (plan.items[lower][0] !== "bend") last = y[lower] - sizes.height[lower] / 2;
    const hasTip = Boolean(sizes.boxes[lower]);
    const point = `M${end} ${last}l-3.5 -7h7Z`;
    if (hasTip) last -= 6;
    arrive = Math.min(arrive, last);
    const middle = turn + (arrive - turn) / 2;
    let line = `M${start} ${top}V${last}`;
    if (Math.abs(start - end) >= 0.05) {
      const curve = `C${start} ${middle} ${end} ${middle} ${end} ${arrive}`;
      line = `M${start} ${top}V${turn}${curve}V${last}`;
    }
    return [line, hasTip ? point : ""];
  }

  // --- groups -------------------------------------------------------------------

  /** Place what is in a group, and first what is in its open children. */
  function insideOf(group) {
    const plan = plans[group];
    const children = new Map();
    for (const child of nodes[group].children) {
      if (opened.has(child)) children.set(child, insideOf(child));
    }
    const sizes = sizesOf(plan, children);
    let [x, left, right] = placeColumns(plan, sizes);
    const pad = group ? measures.padding : measures.margin;
    let shift = pad - left;
    let width = right - left + 2 * pad;
    if (group) {
      const head = nodes[group].header;
      const lines = plan.entries.map(([, item]) => x[item] + shift);
      const extra = lines.length ? Math.max(0, head - Math.min(...lines)) : 0;
      shift += extra;
      width = Math.max(width + extra, head);
    }
    x = x.map((one) => one + shift);
    const bows = bowsOf(plan, sizes, x);
    const [y, tops, turns, height] = placeRows(plan, sizes, bows, group === 0);
    const entries = new Map(plan.entries.map(([leaf, item]) => [leaf, x[item]]));
    const exits = new Map(plan.exits.map(([leaf, item]) => [leaf, x[item]]));
    return { plan, sizes, children, x, y, tops, turns, width, height, entries, exits };
  }

  // --- drawing ------------------------------------------------------------------

  function add(parent, name, attributes, text) {
    const made = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (text !== undefined) made.textContent = text;
    parent.append(made);
    return made;
  }

  function drawGroup(parent, group, inside, depth) {
    const { plan, sizes } = inside;
    const at = (item) => [
      inside.x[item] - sizes.left[item],
      inside.y[item] - sizes.height[item] / 2,
    ];
    plan.items.forEach(([kind, ref], item) => {
      if (kind !== "node" || !inside.children.has(ref)) return;
      const [x, y] = at(item);
      const inner = inside.children.get(ref);
      const made = add(parent, "g", { transform: `translate(${x} ${y})` });
      drawFrame(made, nodes[ref], inner, depth);
      drawGroup(made, ref, inner, depth + 1);
    });
    for (const segment of plan.segments) {
      const [line, point] = pathOf(plan, sizes, inside, segment);
      const wire = add(parent, "g", { class: "wire" });
      add(wire, "path", { class: "line", d: line });
      if (point) add(wire, "path", { class: "point", d: point });
      if (nodes[segment[2]].shape) add(wire, "title", {}, nodes[segment[2]].shape);
    }
    plan.items.forEach(([kind, ref], item) => {
      if (kind !== "node" || inside.children.has(ref)) return;
      const [x, y] = at(item);
      const made = add(parent, "g", { transform: `translate(${x} ${y})` });
      drawBox(made, nodes[ref]);
    });
  }

  function drawFrame(parent, node, inner, depth) {
    const frame = { width: inner.width, height: inner.height, rx: 12 };
    const name = `group depth${depth % 2}`;
    if (node.count > 1) add(parent, "rect", { ...frame, class: name, x: 4, y: 4 });
    add(parent, "rect", { ...frame, class: name });
    const header = add(parent, "g", { class: "header" });
    add(header, "rect", { class: "handle", width: node.header, height: 26, rx: 8 });
    const title = add(header, "text", { class: "head", x: 12, y: 19 }, node.title);
    if (node.name) add(title, "tspan", { class: "dim", dx: 8 }, node.name);
    control(header, node, `Close ${node.title}`);
  }

  function drawBox(parent, node) {
    const { width, height } = node;
    const box = add(parent, "g", { class: `box ${node.kind}` });
    box.dataset.node = node.index;
    if (node.isSign) {
      add(box, "circle", { cx: width / 2, cy: height / 2, r: width / 2 });
      const place = { class: "sign", x: width / 2, y: height / 2 + 5.5 };
      add(box, "text", place, node.title);
    } else {
      const round = ["input", "output", "parameter"].includes(node.kind);
      const shape = { width, height, rx: round ? Math.min(height / 2, 14) : 7 };
      const isStack = node.children.length > 0 || node.count > 1;
      if (isStack) add(box, "rect", { ...shape, x: 4, y: 4 });
      add(box, "rect", { ...shape });
      let y = (height - 15 * node.lines.length) / 2 + 4.5;
      const title = add(box, "text", { class: "title", x: width / 2, y }, node.title);
      if (node.name) add(title, "tspan", { class: "dim", dx: 8 }, node.name);
      for (const line of node.lines) {
        y += 15;
        add(box, "text", { class: "detail", x: width / 2, y }, line);
      }
    }
    if (node.shape) {
      add(parent, "text", { class: "shape", x: width / 2 + 6, y: height + 15 }, node.shape);
    }
    if (node.children.length) control(box, node, `Open ${node.title}`);
    else box.setAttribute("tabindex", "-1");
  }

  /** What opens or closes a group, by mouse and by keyboard. */
  function control(element, node, label) {
    element.dataset.node = node.index;
    element.classList.add("control");
    element.setAttribute("tabindex", "0");
    element.setAttribute("role", "button");
    element.setAttribute("aria-expanded", String(opened.has(node.index)));
    element.setAttribute("aria-label", label);
  }

  let top = null;

  function draw() {
    top = insideOf(0);
    world.replaceChildren();
    drawGroup(world, 0, top, 0);
    mark();
  }

  // --- where the reader looks ---------------------------------------------------

  const look = { x: 0, y: 0, scale: 1 };

  function show() {
    world.setAttribute("transform", `translate(${look.x} ${look.y}) scale(${look.scale})`);
  }

  /** Show everything; or at first no smaller than can be read. */
  function fit(least = 0) {
    const { clientWidth: width, clientHeight: height } = stage;
    const scale = Math.min(width / top.width, height / top.height, 1.5);
    look.scale = Math.max(scale, Math.min(least, width / top.width));
    look.x = (width - top.width * look.scale) / 2;
    look.y = Math.max(0, (height - top.height * look.scale) / 2);
    show();
  }

  function zoom(factor, x, y) {
    const scale = Math.min(4, Math.max(0.02, look.scale * factor));
    look.x = x - ((x - look.x) * scale) / look.scale;
    look.y = y - ((y - look.y) * scale) / look.scale;
    look.scale = scale;
    show();
  }

  function elementOf(index) {
    return world.querySelector(`[data-node="${index}"]`);
  }

  /** Open or close a group; it stays where it is on the screen. */
  function toggle(index) {
    const before = elementOf(index).getBoundingClientRect();
    if (opened.has(index)) opened.delete(index);
    else opened.add(index);
    draw();
    show();
    const element = elementOf(index);
    const after = element.getBoundingClientRect();
    look.x += before.left + before.width / 2 - after.left - after.width / 2;
    look.y += before.top - after.top;
    show();
    element.focus({ preventScroll: true });
  }

  function centre(index) {
    const element = elementOf(index);
    if (!element) return;
    const box = element.getBoundingClientRect();
    const area = stage.getBoundingClientRect();
    look.x += area.left + area.width / 2 - box.left - box.width / 2;
    look.y += area.top + area.height / 2 - box.top - box.height / 2;
    show();
  }

  picture.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      const area = stage.getBoundingClientRect();
      const step = event.deltaMode ? 24 : 1;
      const factor = Math.exp(-event.deltaY * step * (event.ctrlKey ? 0.01 : 0.0015));
      zoom(factor, event.clientX - area.left, event.clientY - area.top);
    },
    { passive: false },
  );

  let drag = null;

  picture.addEventListener("pointerdown", (event) => {
    drag = { x: event.clientX, y: event.clientY, moved: false };
  });

  window.addEventListener("pointermove", (event) => {
    if (!drag) return;
    const [dx, dy] = [event.clientX - drag.x, event.clientY - drag.y];
    if (!drag.moved && Math.hypot(dx, dy) < 4) return;
    drag = { x: event.clientX, y: event.clientY, moved: true };
    stage.classList.add("dragging");
    look.x += dx;
    look.y += dy;
    show();
  });

  window.addEventListener("pointerup", () => {
    stage.classList.remove("dragging");
    setTimeout(() => {
      drag = null;
    });
  });

  picture.addEventListener("click", (event) => {
    const element = event.target.closest(".control");
    if (element && !(drag && drag.moved)) toggle(Number(element.dataset.node));
  });

  picture.addEventListener("keydown", (event) => {
    const element = event.target.closest(".control");
    if (element && (event.key === "Enter" || event.key === " ")) {
      event.preventDefault();
      toggle(Number(element.dataset.node));
    }
  });

  document.addEventListener("keydown", (event) => {
    if (event.target.tagName === "INPUT") return;
    const { clientWidth: width, clientHeight: height } = stage;
    if (event.key === "+" || event.key === "=") zoom(1.2, width / 2, height / 2);
    else if (event.key === "-") zoom(1 / 1.2, width / 2, height / 2);
    else if (event.key === "0") fit();
    else if (event.key === "/") {
      event.preventDefault();
      query.focus();
    }
  });

  // --- what a box is --------------------------------------------------------------

  function tell(node) {
    tip.replaceChildren();
    const head = document.createElement("strong");
    head.textContent = node.title;
    tip.append(head);
    const table = document.createElement("dl");
    for (const [key, value] of node.facts) {
      const name = document.createElement("dt");
      name.textContent = key;
      const text = document.createElement("dd");
      text.textContent = value;
      if (key === "line") text.className = "code";
      table.append(name, text);
    }
    tip.append(table);
  }

  picture.addEventListener("pointermove", (event) => {
    const element = event.target.closest("[data-node]");
    if (!element || (drag && drag.moved)) {
      tip.hidden = true;
      return;
    }
    if (tip.hidden || tip.dataset.node !== element.dataset.node) {
      tip.dataset.node = element.dataset.node;
      tell(nodes[Number(element.dataset.node)]);
      tip.hidden = false;
    }
    const { offsetWidth: width, offsetHeight: height } = tip;
    const x = Math.min(event.clientX + 16, window.innerWidth - width - 8);
    const below = event.clientY + 20;
    const y = below + height > window.innerHeight ? event.clientY - height - 12 : below;
    tip.style.left = `${Math.max(8, x)}px`;
    tip.style.top = `${Math.max(8, y)}px`;
  });

  picture.addEventListener("pointerleave", () => {
    tip.hidden = true;
  });

  // --- search -------------------------------------------------------------------

  const query = document.getElementById("query");
  const found = document.getElementById("found");
  let hits = [];
  let current = -1;

  function search() {
    const words = query.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    hits = [];
    current = -1;
    if (words.length) {
      hits = nodes
        .filter((node) => node.index && words.every((word) => node.words.includes(word)))
        .map((node) => node.index);
    }
    found.textContent = words.length ? `${hits.length} found` : "";
    mark();
  }

  /** Marks what was found, and closed groups that have some of it inside. */
  function mark() {
    for (const element of world.querySelectorAll(".hit, .holds, .current")) {
      element.classList.remove("hit", "holds", "current");
    }
    hits.forEach((hit, place) => {
      let index = hit;
      let element = elementOf(index);
      while (!element && nodes[index].parent !== null) {
        index = nodes[index].parent;
        element = elementOf(index);
      }
      if (!element) return;
      element.classList.add(index === hit ? "hit" : "holds");
      if (place === current) element.classList.add("current");
    });
  }

  function next(step) {
    if (!hits.length) return;
    current = (current + step + hits.length) % hits.length;
    const index = hits[current];
    for (let at = nodes[index].parent; at !== null; at = nodes[at].parent) opened.add(at);
    found.textContent = `${current + 1} of ${hits.length}`;
    draw();
    show();
    centre(index);
  }

  query.addEventListener("input", search);
  document.getElementById("search").addEventListener("submit", (event) => {
    event.preventDefault();
  });
  query.addEventListener("keydown", (event) => {
    if (event.key === "Enter") next(event.shiftKey ? -1 : 1);
    if (event.key === "Escape") query.blur();
  });

  // --- buttons --------------------------------------------------------------------

  document.getElementById("expand").addEventListener("click", () => {
    for (const node of nodes) if (node.children.length) opened.add(node.index);
    draw();
    fit();
  });
  document.getElementById("collapse").addEventListener("click", () => {
    opened.clear();
    opened.add(0);
    draw();
    fit();
  });
  document.getElementById("fit").addEventListener("click", () => fit());
  document.getElementById("theme").addEventListener("click", () => {
    const dark = window.matchMedia("(prefers-color-scheme: dark)").matches;
    const now = document.documentElement.dataset.theme || (dark ? "dark" : "light");
    document.documentElement.dataset.theme = now === "dark" ? "light" : "dark";
  });

  const wish = new URLSearchParams(window.location.hash.slice(1)).get("theme");
  if (wish === "dark" || wish === "light") document.documentElement.dataset.theme = wish;
  draw();
  fit(0.85);
})();
