// The graph: modules are frames that can be closed into one node; a tape too long to be looked at is shown a part at a time.

const most = 220;      // nodes at a time
const partLength = 90; // entries of a part

/// A leaf stands where it is used, if that is one module.
const homes = entries.map((entry) => {
  if (!entry.leaf) return entry.module;
  const modules = new Set(entry.users.map((user) => entries[user].module));
  return modules.size === 1 ? [...modules][0] : "";
});

/// "1", "1.gate" for "1.gate".
function modulesAround(path) {
  const parts = path ? path.split(".") : [];
  return parts.map((_, i) => parts.slice(0, i + 1).join("."));
}
const modulePaths = [...new Set(homes.flatMap(modulesAround))];

/// What the user closed (true) and opened (false). The other modules are open; of a long tape only those that the cursor is in.
const chosen = new Map();
let closed = new Set();

function closedAt(position) {
  const here = count > 60 ? modulesAround(homes[entryAt(position).number]) : modulePaths;
  return new Set(modulePaths.filter((path) => (chosen.has(path) ? chosen.get(path) : !here.includes(path))));
}

const closedHome = (i) => modulesAround(homes[i]).find((path) => closed.has(path));
/// What stands for an entry in the graph.
const nodeOf = (i) => (closedHome(i) === undefined ? "e" + i : "m" + closedHome(i));

/// The entries to be shown: all, or those around the cursor.
function shown(position) {
  if (new Set(entries.map((_, i) => nodeOf(i))).size <= most) return {from: 0, to: count};
  const from = Math.floor(entryAt(position).number / partLength) * partLength;
  return {from, to: Math.min(count, from + partLength)};
}

function nodeSize(entry) {
  const widest = Math.max(entry.op.length * 7.6 + 26, caption(entry).length * 6.6);
  return {width: Math.min(190, Math.max(58, widest + 16)), height: 40};
}

const cut = (text, length) => (text.length > length ? text.slice(0, length - 1) + "…" : text);
const caption = (entry) => cut(label(entry), 26);

function layOutGraph({from, to}) {
  const graph = new dagre.graphlib.Graph({compound: true});
  graph.setGraph({rankdir: "TB", nodesep: 14, ranksep: 26, marginx: 12, marginy: 16, ranker: to - from > 150 ? "longest-path" : "network-simplex"});
  graph.setDefaultEdgeLabel(() => ({}));
  const members = new Map();
  for (let i = from; i < to; ++i) {
    const node = nodeOf(i);
    if (!members.has(node)) members.set(node, []);
    members.get(node).push(i);
  }
  for (const [node, inside] of members) {
    const isModule = node[0] === "m";
    const size = isModule ? {width: Math.min(200, Math.max(90, node.length * 7.5 + 24)), height: 46} : nodeSize(entries[inside[0]]);
    graph.setNode(node, {...size, inside, isModule});
    const around = isModule ? modulesAround(node.slice(1)).slice(0, -1) : modulesAround(homes[inside[0]]);
    let child = node;
    for (const path of around.reverse()) {
      if (!graph.hasNode("f" + path)) graph.setNode("f" + path, {isFrame: true, path});
      graph.setParent(child, "f" + path);
      child = "f" + path;
    }
  }
  for (let i = from; i < to; ++i) {
    for (const input of entries[i].inputs) {
      if (typeof input !== "number" || input < from) continue;
      if (nodeOf(input) !== nodeOf(i)) graph.setEdge(nodeOf(input), nodeOf(i));
    }
  }
  dagre.layout(graph);
  return graph;
}

const layouts = new Map();
let drawn = "";
let zoom = 0;  // chosen by the user; 0 fits the width

function drawGraph(key, range) {
  if (!layouts.has(key)) layouts.set(key, layOutGraph(range));
  const graph = layouts.get(key);
  const {width, height} = graph.graph();
  const scale = zoom || Math.max(0.55, Math.min(1.15, (byId("canvas").clientWidth - 16) / width));
  const svg = makeSvg("svg", {viewBox: `0 0 ${width} ${height}`, width: width * scale, height: height * scale});
  const definitions = makeSvg("defs");
  const tip = makeSvg("marker", {id: "tip", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 7, markerHeight: 7, orient: "auto", markerUnits: "userSpaceOnUse"});
  tip.append(makeSvg("path", {d: "M0 0L8 4L0 8z", class: "tip"}));
  definitions.append(tip);
  svg.append(definitions);
  for (const name of graph.nodes()) {
    const node = graph.node(name);
    if (!node.isFrame) continue;
    svg.append(makeSvg("rect", {class: "frame", x: node.x - node.width / 2, y: node.y - node.height / 2, width: node.width, height: node.height}));
    svg.append(makeSvg("text", {class: "frame-name", x: node.x - node.width / 2 + 6, y: node.y - node.height / 2 + 12}, node.path));
  }
  for (const edge of graph.edges()) {
    const points = graph.edge(edge).points;
    const path = "M" + points.map((p) => `${p.x.toFixed(1)} ${p.y.toFixed(1)}`).join("L");
    svg.append(makeSvg("path", {class: "edge", d: path, "marker-end": "url(#tip)", "data-from": edge.v, "data-to": edge.w}));
  }
  for (const name of graph.nodes()) if (!graph.node(name).isFrame) svg.append(drawNode(name, graph.node(name)));
  byId("canvas").replaceChildren(svg);
}

function drawNode(name, node) {
  const group = makeSvg("g", {class: "node", "data-node": name, role: "img", transform: `translate(${node.x} ${node.y})`});
  group.append(makeSvg("rect", {x: -node.width / 2, y: -node.height / 2, width: node.width, height: node.height, rx: 5}));
  const inside = node.inside.map((i) => entries[i]);
  const title = node.isModule ? cut(name.slice(1), 26) : inside[0].op;
  group.append(makeSvg("text", {class: "op", y: -4}, title));
  group.append(makeSvg("text", {class: "small", y: 12}, node.isModule ? `${inside.length} entries` : caption(inside[0])));
  if (inside.some((entry) => entry.alerts.length)) group.append(makeSvg("text", {class: "alert", x: node.width / 2 - 9, y: -node.height / 2 + 15}, "▲"));
  group.append(makeSvg("text", {class: "small mark", x: -node.width / 2 + 8, y: -node.height / 2 + 13}));
  group.addEventListener("click", () => {
    if (node.isModule) toggleModule(name.slice(1));
    else go(inside[0], !isForward(cursor));
  });
  return group;
}

function toggleModule(path) {
  chosen.set(path, !closed.has(path));
  renderGraph(cursor);
}

function renderModules() {
  const list = byId("modules");
  list.replaceChildren();
  for (const path of modulePaths) {
    if (modulesAround(path).slice(0, -1).some((outer) => closed.has(outer))) continue;
    const isOpen = !closed.has(path);
    list.append(make("button", {"aria-expanded": isOpen, title: isOpen ? "Close this module" : "Open this module", onclick: () => {
      toggleModule(path);
      const same = [...list.children].find((button) => button.dataset.path === path);
      if (same) same.focus();
    }, "data-path": path}, (isOpen ? "▾ " : "▸ ") + path));
  }
}

/// Draws what has changed, and marks what has happened by the cursor.
function renderGraph(position) {
  closed = closedAt(position);
  const range = shown(position);
  const key = [range.from, range.to, ...[...closed].sort()].join("|");
  if (drawn !== key + "@" + zoom) {
    drawGraph(key, range);
    renderModules();
    drawn = key + "@" + zoom;
    byId("graph-note").textContent = range.to - range.from < count ? `entries ${range.from} to ${range.to - 1} of ${count}` : `${count} entries`;
  }
  const current = nodeOf(entryAt(position).number);
  const graph = layouts.get(key);
  for (const group of byId("canvas").querySelectorAll(".node")) {
    const inside = graph.node(group.dataset.node).inside.map((i) => entries[i]);
    const isComputed = inside.every((entry) => hasValue(entry, position));
    const withGradient = inside.filter((entry) => gradientAt(entry, position));
    const classes = ["node"];
    if (inside[0].leaf && inside.length === 1) classes.push("leaf");
    if (group.dataset.node[0] === "m") classes.push("module");
    if (isComputed) classes.push("value");
    if (withGradient.length) classes.push("gradient");
    if (group.dataset.node === current) classes.push("current");
    group.setAttribute("class", classes.join(" "));
    group.querySelector(".mark").textContent = withGradient.length ? "∂" : "";
    group.setAttribute("aria-label", `${group.dataset.node[0] === "m" ? "module " + group.dataset.node.slice(1) : inside[0].op + " " + label(inside[0])}` +
      `${isComputed ? ", computed" : ", not computed yet"}${withGradient.length ? ", has a gradient" : ""}` +
      `${inside.some((entry) => entry.alerts.length) ? ", alert" : ""}${group.dataset.node === current ? ", current" : ""}`);
    if (group.dataset.node === current) bringIntoView(graph.node(group.dataset.node), graph.graph());
  }
  const entry = entryAt(position);
  for (const edge of byId("canvas").querySelectorAll(".edge")) edge.classList.toggle("live", edge.dataset.to === current && !entry.leaf);
}

function bringIntoView(node, {width}) {
  const pane = byId("canvas");
  const svg = pane.firstElementChild;
  const scale = svg.clientWidth / width || 1;
  const x = node.x * scale, y = node.y * scale;
  if (y < pane.scrollTop + 40 || y > pane.scrollTop + pane.clientHeight - 40) pane.scrollTop = y - pane.clientHeight / 2;
  if (x < pane.scrollLeft + 60 || x > pane.scrollLeft + pane.clientWidth - 60) pane.scrollLeft = x - pane.clientWidth / 2;
}

function zoomBy(factor) {
  const svg = byId("canvas").firstElementChild;
  const now = svg.getAttribute("width") / svg.viewBox.baseVal.width;
  zoom = Math.max(0.2, Math.min(3, now * factor));
  renderGraph(cursor);
}
