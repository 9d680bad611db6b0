// tools/viewer/page/decode.js - the packed numbers of the recording.
//
// Numbers have 64 bits: each is kept as two of 32. What is packed how: tools/viewer/page_data.hpp.
"use strict";
const data = JSON.parse(document.getElementById("data").textContent);

function bytesOf(id) {
  const element = document.getElementById(id), text = element.textContent;
  element.remove();
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
  const binary = atob(text), bytes = new Uint8Array(binary.length);
  for (let i = 0; i < bytes.length; ++i) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

class Reader {
  constructor(bytes) {
    this.bytes = bytes;
    this.at = this.low = this.high = 0;
  }
  next() {
    let byte = this.bytes[this.at++], low = byte & 127, high = 0;
    for (let shift = 7; byte > 127; shift += 7) {
      byte = this.bytes[this.at++];
      const part = byte & 127;
      if (shift < 28) low |= part << shift;
      else if (shift === 28) {
        low |= part << 28;
        high = part >>> 4;
      } else high |= part << (shift - 32);
    }
    this.low = low >>> 0;
    this.high = high >>> 0;
  }
  number() {
    this.next();
    return this.high * 4294967296 + this.low;
  }
  // Adds the next difference to the number at `index` of two arrays.
  add(lows, highs, index) {
    this.next();
    const sign = -(this.low & 1);
    const low = ((this.low >>> 1 | this.high << 31) ^ sign) >>> 0;
    const sum = lows[index] + low;
    highs[index] += (this.high >>> 1 ^ sign) + (sum > 4294967295 ? 1 : 0);
    lows[index] = sum;
  }
}

const shapeOf = new Uint32Array(data.count), timeOf = new Float64Array(data.count);
const environmentOf = new Uint32Array(data.count), wordsAt = new Uint32Array(data.count);
const several = data.processors.length > 1, processorOf = new Uint16Array(several ? data.count : 0);
const low = new Uint32Array(data.words), high = new Uint32Array(data.words);

function decodeEvents() {
  const reader = new Reader(bytesOf("packed"));
  const lowTime = new Uint32Array(1), highTime = new Uint32Array(1);
  const lows = data.shapes.map(shape => new Uint32Array(shape.words));
  const highs = data.shapes.map(shape => new Uint32Array(shape.words));
  for (let i = 0, at = 0; i < data.count; ++i) {
    const shape = shapeOf[i] = reader.number();
    reader.add(lowTime, highTime, 0);
    timeOf[i] = highTime[0] * 4294967296 + lowTime[0];
    environmentOf[i] = reader.number();
    if (several) processorOf[i] = reader.number();
    wordsAt[i] = at;
    const lastLow = lows[shape], lastHigh = highs[shape];
    for (let word = 0; word < lastLow.length; ++word, ++at) {
      reader.add(lastLow, lastHigh, word);
      low[at] = lastLow[word];
      high[at] = lastHigh[word];
    }
  }
}

// Episodes: rows first[e] to first[e + 1] of the arrays are its events.
const first = new Uint32Array(data.episodes.length + 1);
let rowEvent, rowStep, rowCost, rowWaited;
// The row that tells of an event first; -1 if no episode does.
const rowOf = new Int32Array(data.count).fill(-1);

function decodeEpisodes() {
  const reader = new Reader(bytesOf("members"));
  rowEvent = [];
  rowStep = [];
  rowCost = [];
  rowWaited = [];
  const lows = new Uint32Array(1), highs = new Uint32Array(1);
  for (let episode = 0; episode < data.episodes.length; ++episode) {
    first[episode] = rowEvent.length;
    lows[0] = highs[0] = 0;
    for (let left = reader.number(); left > 0; --left) {
      reader.add(lows, highs, 0);
      if (rowOf[lows[0]] < 0) rowOf[lows[0]] = rowEvent.length;
      rowEvent.push(lows[0]);
      rowStep.push(reader.number());
      rowCost.push(reader.number());
      rowWaited.push(reader.number());
    }
  }
  first[data.episodes.length] = rowEvent.length;
}
