"use strict";
// The tape and what is there at a cursor. Events are numbered as in debug::Stepper: F0 ... Fn-1, then Bn-1 ... B0.

const data = JSON.parse(document.getElementById("data").textContent);
const entries = data.entries;
const count = entries.length;
const eventCount = 2 * count;

for (const [i, entry] of entries.entries()) {
  entry.number = i;
  for (const key of ["op", "rule", "attributes", "name", "module", "dtype"]) entry[key] = key in entry ? data.texts[entry[key]] : "";
  entry.inputs = entry.inputs || [];
  entry.gradients = entry.gradients || [];
  entry.users = [];
  entry.alerts = [];
  entry.size = entry.shape.reduce((product, length) => product * length, 1);
  for (const from of new Set(entry.inputs)) if (typeof from === "number") entries[from].users.push(i);
}
for (const alert of data.alerts) {
  alert.position = alert.phase === "F" ? alert.entry : eventCount - 1 - alert.entry;
  entries[alert.entry].alerts.push(alert);
}
const alertPositions = [...new Set(data.alerts.map((alert) => alert.position))].sort((a, b) => a - b);

const isForward = (position) => position < count;
const entryAt = (position) => entries[isForward(position) ? position : eventCount - 1 - position];
const eventName = (position) => (isForward(position) ? "F" : "B") + entryAt(position).number;
const label = (entry) => entry.name || "#" + entry.number;

/// The position of "F3" or "B7", or -1.
function positionOf(name) {
  const match = /^([FB])(\d+)$/i.exec(name);
  if (!match || Number(match[2]) >= count) return -1;
  return match[1].toUpperCase() === "F" ? Number(match[2]) : eventCount - 1 - Number(match[2]);
}

const hasValue = (entry, position) => !isForward(position) || entry.number <= position;

/// The gradients that have arrived by now; the last is the sum.
function arrived(entry, position) {
  if (isForward(position)) return [];
  const done = position - count + 1;
  return entry.gradients.filter((gradient) => count - gradient.by <= done);
}

function gradientAt(entry, position) {
  const list = arrived(entry, position);
  return list.length > 0 ? list[list.length - 1] : null;
}

const isComplete = (entry, position) => arrived(entry, position).length === entry.gradients.length;

/// NaN and infinities are texts in JSON.
const toNumber = (x) => Number(x);

function show(x) {
  const value = toNumber(x);
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  if (value === 0) return "0";
  const size = Math.abs(value);
  const text = size >= 1e6 || size < 1e-4 ? value.toExponential(3).replace(/\.?0+e/, "e") : String(Number(value.toPrecision(5)));
  return text.replaceAll("-", "−");
}

function indexOf(shape, position) {
  const index = [];
  for (let axis = shape.length; axis-- > 0; ) {
    index.unshift(position % shape[axis]);
    position = Math.floor(position / shape[axis]);
  }
  return index;
}

const elementName = (entry, position) => label(entry) + (entry.shape.length ? "[" + indexOf(entry.shape, position).join(",") + "]" : "");
const shapeText = (entry) => "(" + entry.shape.join(", ") + (entry.shape.length === 1 ? ",)" : ")");

/// {zeros, nans, infinities, min, max, mean, norm} of a picture.
function statisticsOf(picture) {
  const names = ["zeros", "nans", "infinities", "min", "max", "mean", "norm"];
  if (picture.statistics) return Object.fromEntries(names.map((name, i) => [name, toNumber(picture.statistics[i])]));
  if (!picture.numbers || picture.numbers.length !== 1) return null;
  const x = toNumber(picture.numbers[0]);
  const finite = Number.isFinite(x);
  return {zeros: Number(x === 0), nans: Number(Number.isNaN(x)), infinities: Number(!finite && !Number.isNaN(x)), min: finite ? x : 0,
          max: finite ? x : 0, mean: finite ? x : 0, norm: finite ? Math.abs(x) : 0};
}

function statisticsText(picture, size) {
  const s = statisticsOf(picture);
  if (size === 0) return "no elements";
  if (!s) return "";
  if (size === 1) return picture.numbers ? show(picture.numbers[0]) : "";
  let text = `min ${show(s.min)}  max ${show(s.max)}  mean ${show(s.mean)}  norm ${show(s.norm)}`;
  if (s.zeros) text += `  zeros ${s.zeros} of ${size}`;
  if (s.nans) text += `  NaN ${s.nans} of ${size}`;
  if (s.infinities) text += `  infinite ${s.infinities} of ${size}`;
  return text;
}

/// A new element with attributes, and children that are elements or texts.
function make(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (name === "onclick") element.addEventListener("click", value);
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

function makeSvg(tag, attributes, text) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes || {})) element.setAttribute(name, value);
  if (text !== undefined) element.textContent = text;
  return element;
}

const byId = (id) => document.getElementById(id);
