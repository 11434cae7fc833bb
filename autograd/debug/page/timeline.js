// Both passes from left to right, the gradients' norms as a curve, and alerts as ticks.

const chart = {top: 20, bottom: 66, band: 70, left: 8, right: 8};

const chartX = (position) => {
  const width = byId("chart").clientWidth - chart.left - chart.right;
  return chart.left + (eventCount === 1 ? 0 : (position / (eventCount - 1)) * width);
};

const pointOf = (picture, position) => {
  const s = picture && statisticsOf(picture);
  return s ? [[position, s.nans || s.infinities ? Infinity : s.norm]] : [];
};

/// [position, norm] of what is at each event: the op's value, or the gradient that its rule is applied to.
const valueNorms = entries.flatMap((entry) => pointOf(entry.value, entry.number));
const gradientNorms = [...entries].reverse().flatMap((entry) => pointOf(entry.gradients[entry.gradients.length - 1], eventCount - 1 - entry.number));

function drawTimeline() {
  const svg = byId("chart");
  svg.replaceChildren();
  const half = (chartX(count - 1) + chartX(count)) / 2;
  const end = chartX(eventCount - 1);
  svg.append(makeSvg("rect", {class: "forward", x: chart.left, y: chart.band, width: Math.max(1, half - chart.left - 1), height: 6}));
  svg.append(makeSvg("rect", {class: "backward", x: half + 1, y: chart.band, width: Math.max(1, end - half - 1), height: 6}));
  svg.append(makeSvg("text", {x: chart.left, y: chart.band + 19}, `forward: F0 … F${count - 1}`));
  svg.append(makeSvg("text", {x: half + 3, y: chart.band + 19}, `backward: B${count - 1} … B0`));
  drawNorms(svg, valueNorms, "forward", "norm of the value", chart.left, half - 4);
  drawNorms(svg, gradientNorms, "backward", "norm of the gradient", half + 3, end);
  for (const position of alertPositions) {
    const x = chartX(position);
    const tick = makeSvg("path", {class: "alert", d: `M${x - 5} ${chart.band - 1}L${x + 5} ${chart.band - 1}L${x} ${chart.band - 11}z`});
    tick.append(makeSvg("title", {}, data.alerts.filter((a) => a.position === position).map((a) => a.message).join("\n")));
    svg.append(tick);
  }
  svg.append(makeSvg("line", {class: "cursor", y1: 2, y2: chart.band + 8}));
}

function drawNorms(svg, norms, pass, what, begin, end) {
  const finite = norms.filter(([, norm]) => Number.isFinite(norm) && norm > 0).map(([, norm]) => Math.log10(norm));
  if (finite.length === 0) return;
  let low = finite.reduce((a, b) => Math.min(a, b)), high = finite.reduce((a, b) => Math.max(a, b));
  const range = `from ${show(10 ** low)} to ${show(10 ** high)}`;
  if (high - low < 1) [low, high] = [(low + high) / 2 - 0.5, (low + high) / 2 + 0.5];
  const y = (norm) => chart.bottom - 8 - ((Math.max(low, Math.min(high, Math.log10(norm))) - low) / (high - low)) * (chart.bottom - 8 - chart.top);
  svg.append(makeSvg("text", {x: begin, y: 12}, `${what}, ${range} (log scale)`));
  svg.append(makeSvg("line", {class: "axis", x1: begin, x2: end, y1: chart.bottom - 6, y2: chart.bottom - 6}));
  let path = "", goesOn = false;
  for (const [position, norm] of norms) {
    const x = chartX(position);
    if (!Number.isFinite(norm)) svg.append(makeSvg("text", {x: x - 4, y: chart.top + 4}, "✕"));
    const isPoint = Number.isFinite(norm) && norm > 0;
    if (isPoint) path += `${goesOn ? "L" : "M"}${x.toFixed(1)} ${y(norm).toFixed(1)}`;
    if (isPoint && norms.length < 120) svg.append(makeSvg("circle", {class: pass, cx: x, cy: y(norm), r: 2.5}));
    goesOn = isPoint;
  }
  svg.append(makeSvg("path", {class: "curve " + pass, d: path}));
}

function renderTimeline(position) {
  const line = byId("chart").querySelector(".cursor");
  line.setAttribute("x1", chartX(position));
  line.setAttribute("x2", chartX(position));
  const slider = byId("slider");
  slider.value = position;
  slider.setAttribute("aria-valuetext", `${eventName(position)}, ${entryAt(position).op} ${label(entryAt(position))}`);
}

function listenToTimeline() {
  const svg = byId("chart");
  const to = (event) => {
    const box = svg.getBoundingClientRect();
    const part = (event.clientX - box.left - chart.left) / (box.width - chart.left - chart.right);
    seek(Math.round(Math.max(0, Math.min(1, part)) * (eventCount - 1)));
  };
  svg.addEventListener("pointerdown", (event) => {
    svg.setPointerCapture(event.pointerId);
    to(event);
  });
  svg.addEventListener("pointermove", (event) => event.buttons && to(event));
  byId("slider").max = eventCount - 1;
  byId("slider").addEventListener("input", (event) => seek(Number(event.target.value)));
}
