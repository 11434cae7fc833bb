// The program's lines around those that ops were recorded at.

let shownFile = -1;

/// The entries of each line of a file.
function recordedLines(file) {
  const lines = new Map();
  for (const entry of entries) {
    if (!entry.at || entry.at[0] !== file) continue;
    if (!lines.has(entry.at[1])) lines.set(entry.at[1], []);
    lines.get(entry.at[1]).push(entry);
  }
  return lines;
}

function drawFile(number) {
  const file = data.files[number];
  const lines = byId("lines");
  const recorded = recordedLines(number);
  lines.replaceChildren();
  byId("source-name").textContent = file.name;
  if (file.parts.length === 0) {
    lines.append(make("p", {class: "gap"}, "The file could not be read when the page was written."));
    for (const line of [...recorded.keys()].sort((a, b) => a - b)) lines.append(codeLine(line, recorded.get(line).map((e) => e.op).join(", "), recorded));
  }
  for (const [k, part] of file.parts.entries()) {
    if (k > 0 || part.first > 1) lines.append(make("div", {class: "gap", "aria-hidden": "true"}, "⋯"));
    part.lines.forEach((text, i) => lines.append(codeLine(part.first + i, text, recorded)));
  }
}

function codeLine(number, text, recorded) {
  const here = recorded.get(number);
  const line = make("div", {class: "code", "data-line": number}, make("span", {class: "number"}, String(number)), make("span", {}, text || " "));
  if (!here) return line;
  line.classList.add("recorded");
  line.title = here.length === 1 ? `${here[0].op} ${label(here[0])}` : `${here.length} entries`;
  line.addEventListener("click", () => {
    const isBackward = !isForward(cursor);
    const order = here.map((entry) => (isBackward ? eventCount - 1 - entry.number : entry.number)).sort((a, b) => a - b);
    seek(order.find((position) => position > cursor) ?? order[0]);
  });
  return line;
}

function renderSource(position) {
  const at = entryAt(position).at;
  const lines = byId("lines");
  for (const line of lines.querySelectorAll(".current")) line.classList.remove("current");
  if (!at) return;
  if (shownFile !== at[0]) drawFile(shownFile = at[0]);
  const line = lines.querySelector(`[data-line="${at[1]}"]`);
  if (!line) return;
  line.classList.add("current");
  const top = line.offsetTop;
  if (top < lines.scrollTop + 20 || top > lines.scrollTop + lines.clientHeight - 40) lines.scrollTop = top - lines.clientHeight / 2;
}
