// Heat maps: purple below zero, green above it (a pair that colour-blind people tell apart), the page's colour at zero; NaN and infinities
// are crossed out.

const isDark = () => window.matchMedia("(prefers-color-scheme: dark)").matches;

/// Red, green, blue of a number between -1 and 1.
function colour(part) {
  const zero = isDark() ? [38, 43, 50] : [250, 250, 250];
  const end = part < 0 ? (isDark() ? [205, 150, 230] : [98, 30, 115]) : isDark() ? [130, 215, 130] : [16, 100, 45];
  const t = Math.min(1, Math.abs(part));
  return zero.map((c, i) => Math.round(c + (end[i] - c) * t));
}

const css = (rgb) => `rgb(${rgb.join(",")})`;
const inkOn = ([r, g, b]) => (0.299 * r + 0.587 * g + 0.114 * b > 140 ? "#000" : "#fff");

function bytesOf(base64) {
  return Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
}

/// A picture as rows of cells: {rows, columns, size, value(i), what(i)}.
function gridOf(picture, entry) {
  if (picture.numbers) {
    const size = picture.numbers.length;
    const rank = entry.shape.length;
    const columns = rank === 0 ? 1 : rank === 1 ? (size <= 16 ? size : Math.ceil(Math.sqrt(size))) : entry.shape[rank - 1];
    return {rows: Math.ceil(size / columns), columns, size, value: (i) => toNumber(picture.numbers[i]), isThumbnail: false,
            slice: rank > 2 ? entry.shape[rank - 2] : 0};
  }
  if (!picture.thumbnail) return null;
  const {rows, columns, largest, data: text} = picture.thumbnail;
  const bytes = bytesOf(text);
  return {rows, columns, size: bytes.length, value: (i) => (bytes[i] === 0 ? NaN : ((bytes[i] - 128) / 127) * toNumber(largest)),
          isThumbnail: true, slice: 0};
}

/// The largest finite magnitude of some pictures, which their colours are relative to.
function limitOf(pictures) {
  let limit = 0;
  for (const [picture, entry] of pictures) {
    const grid = picture && gridOf(picture, entry);
    for (let i = 0; grid && i < grid.size; ++i) if (Number.isFinite(grid.value(i))) limit = Math.max(limit, Math.abs(grid.value(i)));
  }
  return limit;
}

function layOut(grid) {
  const roomy = grid.columns <= 8 && grid.rows <= 24 && !grid.isThumbnail;
  const width = roomy ? Math.max(44, Math.min(64, Math.floor(380 / grid.columns))) : Math.max(5, Math.min(16, Math.floor(250 / grid.columns)));
  const height = roomy ? 22 : Math.max(3, Math.min(width, Math.floor(200 / grid.rows)));
  const gaps = grid.slice ? Math.ceil(grid.rows / grid.slice) - 1 : 0;
  const top = (row) => row * height + (grid.slice ? Math.floor(row / grid.slice) * 4 : 0);
  return {roomy, width, height, top, total: [grid.columns * width, grid.rows * height + gaps * 4]};
}

function paint(canvas, grid, place, limit, selected) {
  const ratio = window.devicePixelRatio || 1;
  const [w, h] = place.total;
  canvas.width = (w + 2) * ratio;
  canvas.height = (h + 2) * ratio;
  canvas.style.width = w + 2 + "px";
  canvas.style.height = h + 2 + "px";
  const pen = canvas.getContext("2d");
  pen.scale(ratio, ratio);
  pen.translate(1, 1);
  pen.font = "11px DejaVu Sans Mono, monospace";
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  const gap = place.width >= 8 && place.height >= 8 ? 1 : 0;
  for (let i = 0; i < grid.size; ++i) {
    const x = (i % grid.columns) * place.width, y = place.top(Math.floor(i / grid.columns));
    const value = grid.value(i), width = place.width - gap, height = place.height - gap;
    const rgb = colour(Number.isFinite(value) && limit > 0 ? value / limit : 0);
    pen.fillStyle = css(rgb);
    pen.fillRect(x, y, width, height);
    if (!Number.isFinite(value)) cross(pen, x, y, width, height);
    if (place.roomy) {
      pen.fillStyle = inkOn(rgb);
      pen.fillText(Number.isFinite(value) ? short(value) : show(value), x + width / 2, y + height / 2 + 0.5, width - 2);
    }
  }
  pen.strokeStyle = isDark() ? "#5b636d" : "#9aa1ab";
  pen.strokeRect(-0.5, -0.5, w + (gap ? 0 : 1), h + (gap ? 0 : 1));
  if (selected >= 0) {
    pen.lineWidth = 3;
    pen.strokeStyle = isDark() ? "#fff" : "#000";
    pen.strokeRect((selected % grid.columns) * place.width, place.top(Math.floor(selected / grid.columns)), place.width - gap, place.height - gap);
  }
}

/// Four digits at most, for a cell.
function short(value) {
  const size = Math.abs(value);
  if (value === 0) return "0";
  const text = size >= 1e4 || size < 1e-2 ? value.toExponential(0) : String(Number(value.toPrecision(3)));
  return text.replaceAll("-", "−").replace("e+", "e");
}

function cross(pen, x, y, width, height) {
  pen.save();
  pen.strokeStyle = isDark() ? "#f191c8" : "#9b1c6b";
  pen.lineWidth = width > 6 ? 1.5 : 1;
  pen.globalAlpha = width > 30 ? 0.35 : 1;
  pen.beginPath();
  pen.moveTo(x, y);
  pen.lineTo(x + width, y + height);
  pen.moveTo(x + width, y);
  pen.lineTo(x, y + height);
  pen.stroke();
  pen.restore();
}

/// A heat map with its caption; `explain(i, isBlock)` is called for a cell that is clicked, or entered with the keyboard.
function heatMap(title, picture, entry, limit, explain) {
  const numbers = make("span", {class: "numbers"}, statisticsText(picture, entry.size));
  const figure = make("figure", {}, make("figcaption", {}, title, numbers));
  const grid = gridOf(picture, entry);
  if (!grid || grid.size === 0) return figure;
  if (grid.isThumbnail) numbers.append(`  (${grid.rows} × ${grid.columns} blocks, each its largest number)`);
  const place = layOut(grid);
  const canvas = make("canvas", {tabindex: "0", role: "img", "aria-label": `${title}: ${statisticsText(picture, entry.size)}. ` +
    "Arrow keys go from cell to cell, Enter explains one."});
  let selected = -1;
  paint(canvas, grid, place, limit, selected);
  const choose = (i) => {
    selected = Math.max(0, Math.min(grid.size - 1, i));
    paint(canvas, grid, place, limit, selected);
    explain(selected, grid);
  };
  canvas.addEventListener("click", (event) => {
    const box = canvas.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * (place.total[0] + 2), y = ((event.clientY - box.top) / box.height) * (place.total[1] + 2);
    let row = 0;
    while (row + 1 < grid.rows && place.top(row + 1) <= y) ++row;
    choose(row * grid.columns + Math.min(grid.columns - 1, Math.floor(x / place.width)));
  });
  canvas.addEventListener("keydown", (event) => {
    const moves = {ArrowLeft: -1, ArrowRight: 1, ArrowUp: -grid.columns, ArrowDown: grid.columns, Enter: 0};
    if (!(event.key in moves) || event.shiftKey || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation();
    const to = selected < 0 ? 0 : selected + moves[event.key];
    if (to >= 0 && to < grid.size) choose(to);
  });
  figure.append(canvas);
  return figure;
}

/// The colours' legend.
function scaleBar(what, limit) {
  const canvas = make("canvas", {width: "121", height: "10", "aria-hidden": "true"});
  const pen = canvas.getContext("2d");
  for (let x = 0; x <= 120; ++x) {
    pen.fillStyle = css(colour((x - 60) / 60));
    pen.fillRect(x, 0, 1, 10);
  }
  return make("div", {class: "scale"}, what + " −" + show(limit), canvas, "to " + show(limit));
}
