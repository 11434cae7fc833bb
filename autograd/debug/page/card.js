// The card of an op: what happens at the event, its rule, its numbers, and why they are what they are.

const go = (entry, isBackward) => seek(isBackward ? eventCount - 1 - entry.number : entry.number);

function linkTo(entry, position) {
  const text = `${label(entry)}${entry.name ? "" : " " + entry.op}`;
  return make("button", {class: "link", onclick: () => go(entry, !isForward(position))}, text);
}

/// The event as a sentence.
function story(position) {
  const entry = entryAt(position);
  const names = [...new Set(entry.inputs.map((from) => (typeof from === "number" ? label(entries[from]) : from)))];
  const of = names.length > 4 ? names.slice(0, 3).join(", ") + " and " + (names.length - 3) + " more" : names.join(" and ");
  const amount = entry.size === 1 ? "one number" : `${entry.size} numbers, shape ${shapeText(entry)}`;
  if (isForward(position)) {
    if (entry.leaf) return `${label(entry)} is a ${entry.op}: ${amount}. Nothing on the tape computes it.`;
    return `${entry.op} makes ${label(entry)} from ${of || "nothing"}: ${amount}` +
      (entry.size === 1 && entry.value.numbers ? `, ${show(entry.value.numbers[0])}.` : ".");
  }
  if (entry.constant) return `${label(entry)} is a constant to the tape: the backward pass does nothing here.`;
  if (entry.gradients.length === 0) return `No gradient reaches ${label(entry)}, so its rule is not asked.`;
  if (entry.leaf) return `The gradient of the ${entry.op} ${label(entry)} is complete.`;
  const begin = entry.number + 1 === count ? `The backward pass begins at ${label(entry)}: d${label(entry)}/d${label(entry)} = 1. ` : "";
  const given = entry.inputs.filter((from) => typeof from === "number" && entries[from].gradients.some((g) => g.by === entry.number));
  const receivers = [...new Set(given)].map((from) => label(entries[from]));
  const to = receivers.join(" and ");
  return `${begin}The gradient of ${label(entry)} is complete; the rule of ${entry.op} ` + (to ? `gives ${to} ${receivers.length > 1 ? "their parts" : "its part"}.` : "passes nothing on.");
}

/// Why an element is what it is: the sentence that the program wrote, else what the page knows.
function reason(entry, element, isGradient, position) {
  const list = (isGradient ? entry.why_gradient : entry.why_value) || {};
  if (!(element in list)) return null;
  const note = isGradient && !isComplete(entry, position) ? " (This is the whole gradient; at this event parts of it are still to come.)" : "";
  return list[element] + note;
}

/// The inputs' numbers at the same place, where shapes say that there is one.
function beside(entry, cell) {
  const parts = [];
  for (const from of entry.inputs) {
    const input = entries[from];
    if (typeof from !== "number") parts.push(from);
    else if (input.value.numbers && input.size === 1) parts.push(`${label(input)} = ${show(input.value.numbers[0])}`);
    else if (input.value.numbers && String(input.shape) === String(entry.shape)) parts.push(`${elementName(input, cell)} = ${show(input.value.numbers[cell])}`);
  }
  return parts.length === entry.inputs.length && parts.length > 0 ? ` Its op takes ${parts.join(", ")} there.` : "";
}

function explainCell(entry, picture, isGradient, position) {
  return (cell, grid) => {
    const output = byId("why");
    if (grid.isThumbnail) {
      const row = Math.floor(cell / grid.columns), column = cell % grid.columns;
      output.textContent = `${isGradient ? "The gradient of " : ""}${label(entry)}, block ${row + 1} of ${grid.rows} down and ${column + 1} of ` +
        `${grid.columns} across: its largest number is ${show(grid.value(cell))}, to a part in 127 of the largest.`;
      return;
    }
    const name = elementName(entry, cell);
    const index = "{" + indexOf(entry.shape, cell).join(", ") + "}";
    const which = entry.name ? JSON.stringify(entry.name) : String(entry.number);
    output.textContent = reason(entry, cell, isGradient, position) ||
      `${isGradient ? "dL/d" : ""}${name} = ${show(grid.value(cell))}.${isGradient ? "" : beside(entry, cell)} The whole sentence is not in the page; in the program: ` +
      `step.${isGradient ? "explain" : "explain_value"}(${which}, ${index}).`;
  };
}

/// What is most worth telling at an event: in the backward pass how the rule made an input's gradient, else how the entry's own number came.
function mainReason(position) {
  const entry = entryAt(position);
  for (const from of isForward(position) ? [] : entry.inputs) {
    if (typeof from !== "number" || !entries[from].gradients.some((g) => g.by === entry.number)) continue;
    const text = firstReason(entries[from], position);
    if (text) return text;
  }
  return firstReason(entry, position);
}

/// Of the elements that the program explained the one of the largest magnitude.
function firstReason(entry, position) {
  const isGradient = arrived(entry, position).length > 0;
  const list = (isGradient ? entry.why_gradient : entry.why_value) || {};
  const picture = isGradient ? gradientAt(entry, position) : entry.value;
  const elements = Object.keys(list);
  if (elements.length === 0) return "";
  const size = (element) => {
    const x = picture.numbers ? toNumber(picture.numbers[element]) : 0;
    return Number.isFinite(x) ? Math.abs(x) : Infinity;
  };
  elements.sort((a, b) => size(b) - size(a));
  return reason(entry, elements[0], isGradient, position);
}

function facts(entry, position) {
  const list = make("dl");
  const add = (name, ...what) => what.length && list.append(make("dt", {}, name), make("dd", {}, ...what));
  const links = (numbers) => numbers.flatMap((i, k) => [k ? ", " : "", typeof i === "number" ? linkTo(entries[i], position) : i]);
  if (entry.name) add("name", entry.name);
  add("shape", `${shapeText(entry)}  ${entry.dtype}`);
  if (entry.attributes) add("with", entry.attributes);
  if (entry.module) add("module", entry.module);
  if (entry.at) add(entry.leaf ? "first used at" : "recorded at", `${data.files[entry.at[0]].name}:${entry.at[1]}`);
  if (entry.inputs.length) add("takes", ...links(entry.inputs));
  if (entry.users.length) add("taken by", ...links(entry.users.slice(0, 20)), entry.users.length > 20 ? ` and ${entry.users.length - 20} more` : "");
  return list;
}

function ledgerTable(entry, position) {
  const list = arrived(entry, position).filter((gradient) => "share" in gradient);
  if (list.length === 0) return [];
  const table = make("table", {class: "ledger"});
  for (const part of list) {
    const user = entries[part.by];
    table.append(make("tr", {}, make("td", {}, linkTo(user, position)), make("td", {}, user.op),
      make("td", {}, make("meter", {min: "0", max: "1", value: toNumber(part.share), "aria-label": "share"})),
      make("td", {}, (100 * toNumber(part.share)).toFixed(1) + " %")));
  }
  const rest = entry.gradients.length - list.length;
  return [make("h3", {}, "Who gave what to its gradient" + (rest ? `, ${rest} still to come` : "")), table];
}

function maps(entry, position) {
  const values = [], gradients = [];
  const inputs = [...new Set(entry.inputs)].filter((from) => typeof from === "number").slice(0, 6).map((i) => entries[i]);
  for (const input of inputs) values.push([`${label(input)}  ${shapeText(input)}`, input.value, input]);
  values.push([`${label(entry)}  ${shapeText(entry)}`, entry.value, entry]);
  for (const of of [entry, ...inputs]) {
    const gradient = gradientAt(of, position);
    if (gradient) gradients.push([`dL/d${label(of)}` + (isComplete(of, position) ? "" : ", so far"), gradient, of]);
  }
  const section = (title, list, isGradient) => {
    if (list.length === 0) return [];
    const limit = limitOf(list.map(([, picture, of]) => [picture, of]));
    const row = make("div", {class: "maps"});
    for (const [name, picture, of] of list) row.append(heatMap(name, picture, of, limit, explainCell(of, picture, isGradient, position)));
    return [make("h3", {}, title), row, ...(limit > 0 ? [scaleBar("colours from", limit)] : [])];
  };
  return [...section("Gradients", gradients, true), ...section(entry.leaf ? "Value" : "Values: what it takes, and what it makes", values, false)];
}

function renderCard(position) {
  const entry = entryAt(position);
  byId("story").textContent = story(position);
  const heading = isForward(position) || entry.leaf ? entry.op : `the rule of ${entry.op}`;
  const alerts = make("ul", {class: "alerts", "aria-label": "Alerts"});
  for (const alert of entry.alerts) {
    const rest = alert.message.startsWith(alert.problem) ? alert.message.slice(alert.problem.length) : ": " + alert.message;
    alerts.append(make("li", {}, make("b", {}, "▲ " + alert.problem), rest));
  }
  const why = make("p", {id: "why", "aria-live": "polite"}, mainReason(position) || "Click a number, or press Enter on it, to see where it comes from.");
  byId("card").replaceChildren(
    make("h2", {}, `${eventName(position)} · ${heading} · ${label(entry)}`),
    ...(entry.rule ? [make("p", {class: "rule"}, entry.rule)] : []),
    ...(entry.alerts.length ? [alerts] : []), why, ...maps(entry, position), ...ledgerTable(entry, position), make("h3", {}, "Facts"),
    facts(entry, position));
  byId("card").scrollTop = 0;
}
