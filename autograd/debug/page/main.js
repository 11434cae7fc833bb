// The cursor, and what moves it: keys, buttons, the link, the search.

let cursor = -1;
let playing = 0;

function seek(position) {
  position = Math.max(0, Math.min(eventCount - 1, position));
  if (position === cursor) return;
  cursor = position;
  render();
  if (!linking) linking = setTimeout(writeLink, 150);
}

/// Browsers refuse an address that changes many times a second, so it follows a little later.
let linking = 0;

function writeLink() {
  clearTimeout(linking);
  linking = 0;
  history.replaceState(null, "", "#" + eventName(cursor));
}

function render() {
  document.body.classList.toggle("backward", !isForward(cursor));
  byId("where").textContent = `${eventName(cursor)}  ${cursor + 1}/${eventCount}`;
  renderCard(cursor);
  renderGraph(cursor);
  renderSource(cursor);
  renderTimeline(cursor);
}

const step = () => seek(cursor + 1);
const back = () => seek(cursor - 1);

function nextAlert(direction) {
  const list = direction > 0 ? alertPositions : [...alertPositions].reverse();
  const to = list.find((position) => (position - cursor) * direction > 0);
  if (to !== undefined) seek(to);
}

function play(isOn) {
  clearInterval(playing);
  playing = 0;
  if (isOn && cursor === eventCount - 1) seek(0);
  if (isOn) {
    playing = setInterval(() => {
      step();
      if (cursor === eventCount - 1) play(false);
    }, Math.max(60, Math.min(700, 30000 / eventCount)));
  }
  byId("play").textContent = playing ? "Pause" : "Play";
  byId("play").setAttribute("aria-label", playing ? "Pause" : "Play");
  byId("play").setAttribute("aria-pressed", playing ? "true" : "false");
}

/// To the producer of the entry's first input, or to its first consumer.
function alongGraph(isUp) {
  const entry = entryAt(cursor);
  const to = isUp ? entry.inputs.find((from) => typeof from === "number") : entry.users[0];
  if (to !== undefined) go(entries[to], !isForward(cursor));
}

function showHelp(isShown) {
  byId("help").hidden = !isShown;
  byId("help-button").setAttribute("aria-expanded", isShown ? "true" : "false");
  if (drawn) renderTimeline(cursor);
}

function writeHelp() {
  const lines = [[["→", "←"], "a step on, and back"], [["Shift+→", "Shift+←"], "to the next alert, and to the one before"],
    [["Home", "End"], "to the first event, and to the last"], [["Space"], "play and pause"], [["↑", "↓"], "to the op that made the first input, and to the first that takes the result"],
    [["/"], "find by name, op, module, file:line or event"], [["[", "]"], "close and open all modules"], [["?"], "this"],
    [["Tab"], "goes on to the next part of the page; in a heat map arrow keys go from cell to cell and Enter explains one"]];
  for (const [keys, text] of lines) byId("help").append(make("p", {}, ...keys.flatMap((key) => [make("kbd", {}, key), " "]), text));
  const signs = ["Graph: a dashed frame is not computed yet; a solid one is; ∂ and a thick frame: a gradient has arrived; round: a leaf; ▲: an alert.",
    "Colours: purple is below zero, green above, relative to the largest magnitude beside the scale; NaN and infinities are crossed out.",
    "The address of the page ends in the event, so that a step can be linked.",
    `Numbers: up to ${data.detail.numbers} elements are whole, to 6 digits; larger tensors are pictures of at most ${data.detail.edge} × ${data.detail.edge} blocks` +
    (data.detail.most ? "." : `, fewer than usual so that the page is at most ${(data.budget / 1e6).toFixed(1)} MB.`)];
  for (const text of signs) byId("help").append(make("p", {}, text));
}

function matches(text) {
  const position = positionOf(text);
  if (position >= 0) return [position];
  const wanted = text.toLowerCase();
  const tells = (entry) => [entry.name, entry.op, entry.module, "#" + entry.number, entry.at ? `${data.files[entry.at[0]].name}:${entry.at[1]}` : "",
    ...entry.alerts.map((alert) => alert.problem)].some((part) => part.toLowerCase().includes(wanted));
  const isBackward = !isForward(cursor);
  return entries.filter(tells).slice(0, 50).map((entry) => (isBackward ? eventCount - 1 - entry.number : entry.number));
}

function closeSearch() {
  byId("found").hidden = true;
  byId("find").blur();
}

function showMatches() {
  const list = byId("found");
  const text = byId("find").value.trim();
  const found = text ? matches(text) : [];
  list.replaceChildren();
  for (const position of found) {
    const entry = entryAt(position);
    const line = entry.at ? `  ${data.files[entry.at[0]].name}:${entry.at[1]}` : "";
    list.append(make("li", {}, make("button", {onclick: () => {
      closeSearch();
      seek(position);
    }}, `${eventName(position)} ${entry.op} ${label(entry)}${line}`)));
  }
  if (text && found.length === 0) list.append(make("li", {}, "nothing found"));
  list.hidden = !text;
}

function searchKey(event) {
  const buttons = [...byId("found").querySelectorAll("button")];
  const at = buttons.indexOf(document.activeElement);
  if (event.key === "Escape") closeSearch();
  else if (event.key === "Enter" && at < 0 && buttons.length) buttons[0].click();
  else if (event.key === "ArrowDown" && buttons.length) buttons[Math.min(at + 1, buttons.length - 1)].focus();
  else if (event.key === "ArrowUp") (at > 0 ? buttons[at - 1] : byId("find")).focus();
  else return event.stopPropagation();
  event.preventDefault();
  event.stopPropagation();
}

function pressed(event) {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const onButton = document.activeElement && document.activeElement.tagName === "BUTTON";
  const actions = {
    ArrowRight: () => (event.shiftKey ? nextAlert(1) : step()), ArrowLeft: () => (event.shiftKey ? nextAlert(-1) : back()),
    ArrowUp: () => alongGraph(true), ArrowDown: () => alongGraph(false), Home: () => seek(0), End: () => seek(eventCount - 1),
    "/": () => byId("find").select(), "?": () => showHelp(byId("help").hidden), Escape: () => showHelp(false),
    "[": () => closeAll(true), "]": () => closeAll(false),
  };
  if (!onButton) actions[" "] = () => play(!playing);
  if (!(event.key in actions)) return;
  // Up and down scroll the card and the source where these have the focus.
  if ((event.key === "ArrowUp" || event.key === "ArrowDown") && ["card", "lines"].includes(document.activeElement.id)) return;
  event.preventDefault();
  actions[event.key]();
}

function closeAll(isClosed) {
  for (const path of modulePaths) chosen.set(path, isClosed);
  renderGraph(cursor);
}

function followLink() {
  const position = positionOf(decodeURIComponent(location.hash.slice(1)));
  seek(position >= 0 ? position : cursor >= 0 ? cursor : data.position);
}

function begin() {
  writeHelp();
  drawTimeline();
  listenToTimeline();
  const buttons = {first: () => seek(0), back, play: () => play(!playing), next: step, last: () => seek(eventCount - 1),
    "previous-alert": () => nextAlert(-1), "next-alert": () => nextAlert(1), "help-button": () => showHelp(byId("help").hidden),
    "zoom-in": () => zoomBy(1.25), "zoom-out": () => zoomBy(0.8)};
  for (const [id, action] of Object.entries(buttons)) byId(id).addEventListener("click", action);
  for (const id of ["previous-alert", "next-alert"]) byId(id).disabled = alertPositions.length === 0;
  byId("find").addEventListener("input", showMatches);
  document.querySelector(".search").addEventListener("keydown", searchKey);
  document.addEventListener("keydown", pressed);
  window.addEventListener("hashchange", followLink);
  window.addEventListener("resize", () => {
    drawTimeline();
    drawn = "";
    render();
  });
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => render());
  followLink();
}
