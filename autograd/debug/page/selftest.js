// FILE#selftest: steps to the end and back and writes what was found into the page, for tests in a browser without a window.

const mistakes = [];
window.addEventListener("error", (event) => mistakes.push(event.message));
for (const level of ["error", "warn"]) {
  const before = console[level];
  console[level] = (...what) => {
    mistakes.push(what.join(" "));
    before.apply(console, what);
  };
}

/// All that the page shows at a cursor, but what depends on the window.
function appearance() {
  const classes = [...byId("canvas").querySelectorAll(".node")].map((node) => node.dataset.node + node.getAttribute("class")).join();
  const pictures = [...byId("card").querySelectorAll("canvas")].map((canvas) => canvas.toDataURL().length + ":" + canvas.toDataURL().slice(-60)).join();
  const line = [...byId("lines").querySelectorAll(".current")].map((current) => current.textContent).join();
  return [byId("where").textContent, byId("story").textContent, byId("card").textContent, classes, pictures, line].join("\n");
}

function selfTest() {
  const positions = [];  // all, or for a long tape some hundred of them
  const stride = Math.max(1, Math.floor(eventCount / 300));
  for (let p = 0; p < eventCount; p += stride) positions.push(p);
  if (positions[positions.length - 1] !== eventCount - 1) positions.push(eventCount - 1);
  const seen = new Map();
  const compare = (how) => {
    if (appearance() !== seen.get(cursor)) mistakes.push(`${eventName(cursor)} looks different ${how}`);
  };
  for (const p of positions) {
    seek(p);
    seen.set(p, appearance());
  }
  for (const p of [...positions].reverse()) {
    seek(p);
    compare("on the way back");
  }
  for (let k = 0, p = 1; k < 100; ++k) {
    p = (p * 7919 + 13) % positions.length;
    seek(positions[p]);
    compare("after a jump");
  }
  const press = (key, more) => document.dispatchEvent(new KeyboardEvent("keydown", {key, ...more}));
  press("Home");
  if (cursor !== 0) mistakes.push("Home does not go to the first event");
  press("ArrowRight");
  writeLink();
  if (cursor !== 1 || location.hash !== "#" + eventName(1)) mistakes.push("the right arrow does not step");
  press("ArrowLeft");
  if (cursor !== 0) mistakes.push("the left arrow does not step back");
  press("End");
  if (cursor !== eventCount - 1) mistakes.push("End does not go to the last event");
  press("/");
  if (document.activeElement !== byId("find")) mistakes.push("/ does not go to the search");
  byId("find").value = "F0";
  showMatches();
  byId("found").querySelector("button").click();
  if (cursor !== 0) mistakes.push("the search for F0 does not go there");
  const cell = byId("card").querySelector("figure canvas");
  if (cell) {
    cell.dispatchEvent(new KeyboardEvent("keydown", {key: "Enter"}));
    if (!byId("why").textContent) mistakes.push("Enter on a cell explains nothing");
  }
  if (alertPositions.length) {
    if (alertPositions[0] > 0) press("ArrowRight", {shiftKey: true});
    if (cursor !== alertPositions[0]) mistakes.push("Shift and the right arrow do not go to the first alert");
  }
  const nameless = [...document.querySelectorAll("button, input, [tabindex]")].filter((e) => !(e.getAttribute("aria-label") || e.textContent.trim()));
  if (nameless.length) mistakes.push(`${nameless.length} parts that can have the focus have no name`);
  const loaded = performance.getEntriesByType("resource").map((r) => r.name).filter((name) => !name.startsWith("data:"));
  if (loaded.length) mistakes.push("loaded " + loaded.join(", "));
  byId("selftest").hidden = false;
  byId("selftest").textContent = (mistakes.length ? `selftest: ${mistakes.length} failed\n${mistakes.join("\n")}` : "selftest: passed") +
    `\n${count} entries, ${positions.length} of ${eventCount} events compared, ${alertPositions.length} with alerts`;
}

const isTest = location.hash.includes("selftest");
begin();
if (isTest) selfTest();
