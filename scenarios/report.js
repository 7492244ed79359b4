"use strict";
// What a report does: a cursor that goes from event to event, and the state of each
// server there. All data is put into the page as text, never as HTML.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const events = data.events, last = events.length - 1;
  const byID = (id) => document.getElementById(id);
  const box = byID("diagram"), svg = box.querySelector("svg"), slider = byID("slider"), tip = byID("tip"), now = byID("now");
  const left = Number(svg.dataset.left), wide = Number(svg.dataset.wide);
  const margin = Number(svg.getAttribute("width")) - left - wide;
  let zoom = 1, cursor = 0;

  // place is where a time lies.
  const place = (t) => left + wide * zoom * Math.min(Math.max(t - data.start, 0) / Math.max(data.end - data.start, 1), 1);

  // For each server, what changes it, in the order of events.
  const states = data.servers.map((_, m) => [data.base.find((s) => s.m === m), ...data.states.filter((s) => s.m === m)]);
  const logs = data.servers.map(() => new Map());
  for (const c of data.entries) {
    const log = logs[c.m];
    if (!log.has(c.i)) log.set(c.i, []);
    log.get(c.i).push(c);
  }
  // until finds the last of a list that is not after an event.
  const until = (list, event) => {
    let low = 0, high = list.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (list[middle].e <= event) low = middle + 1; else high = middle;
    }
    return list[low - 1];
  };

  // Elements of events; a message has one, for all that becomes of it.
  const elements = new Map(), messages = new Map();
  for (const element of svg.querySelectorAll("[data-e]")) {
    const event = Number(element.dataset.e) - 1;
    elements.set(event, element);
    if (events[event].m) messages.set(events[event].m, element);
  }
  const line = document.createElementNS("http://www.w3.org/2000/svg", "line");
  line.setAttribute("class", "cursor");
  const height = svg.viewBox.baseVal.height;
  const area = svg.querySelector(".names rect"), top = Number(area.getAttribute("y"));
  line.setAttribute("y1", top);
  line.setAttribute("y2", top + Number(area.getAttribute("height")));
  svg.insertBefore(line, svg.querySelector(".names"));

  // Zooming moves everything but names and legend.
  const moved = [];
  for (const e of svg.querySelectorAll("line,rect,text,path[transform]")) {
    if (e === line || e.closest(".fixed,.names,.axis,defs") || e.classList.contains("paper")) continue;
    const o = { e };
    for (const a of ["x1", "x2", "x", "width"]) if (e.hasAttribute(a)) o[a] = Number(e.getAttribute(a));
    const shift = /^translate\((\S+) (\S+)\)$/.exec(e.getAttribute("transform") || "");
    if (shift) { o.shift = Number(shift[1]); o.down = shift[2]; }
    if (e.dataset.x) { o.from = Number(e.dataset.x); o.offset = o.x - o.from; o.need = Number(e.dataset.need); }
    if (e.dataset.r) { o.to = Number(e.dataset.r); o.end = Number(e.dataset.end); }
    moved.push(o);
  }
  const at = (x) => left + (x - left) * zoom;
  function setZoom(to, around) {
    const before = around === undefined ? place(events[cursor].t) : around;
    const seen = before - box.scrollLeft, time = (before - left) / zoom;
    zoom = Math.min(Math.max(to, 1 / 32), 64);
    for (const o of moved) {
      if (o.x1 !== undefined) { o.e.setAttribute("x1", at(o.x1)); o.e.setAttribute("x2", at(o.x2)); }
      if (o.width !== undefined) { o.e.setAttribute("x", at(o.x)); o.e.setAttribute("width", Math.max(o.width * zoom, 1)); }
      else if (o.x !== undefined) o.e.setAttribute("x", o.from === undefined ? at(o.x) : at(o.from) + o.offset);
      if (o.shift !== undefined) o.e.setAttribute("transform", `translate(${at(o.shift)} ${o.down})`);
      if (o.to !== undefined) o.e.classList.toggle("tight", at(o.to) - at(o.from) < o.need);
    }
    drawTicks();
    const width = left + wide * zoom + margin;
    svg.setAttribute("width", width);
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    box.scrollLeft = left + time * zoom - seen;
    stayInView();
    drawCursor();
  }

  // Ticks are made anew for each zoom: round times, about as far apart as in the picture.
  const axis = svg.querySelector(".axis"), ticks = axis.querySelector("line"), labels = axis.querySelector("text");
  function drawTicks() {
    const span = data.end - data.start;
    if (!ticks || !(span > 0)) return;
    const least = span * 90 / (wide * zoom);
    let step = 10 ** Math.floor(Math.log10(least));
    for (const digit of [1, 2, 5, 10]) if (step * digit >= least) { step *= digit; break; }
    const all = [], decimals = Math.max(0, 9 - Math.floor(Math.log10(step) + 1e-9));
    for (let i = Math.ceil(data.start / step); i * step <= data.end && all.length < 4000; i++) {
      const x = place(i * step), tick = ticks.cloneNode(), label = labels.cloneNode();
      tick.setAttribute("x1", x);
      tick.setAttribute("x2", x);
      label.setAttribute("x", x);
      label.setAttribute("class", "label when");
      label.textContent = (i * step / 1e9).toFixed(decimals) + " s";
      all.push(tick, label);
    }
    axis.replaceChildren(...all);
  }

  function drawCursor() {
    if (last < 0) return;
    const x = place(events[cursor].t);
    line.setAttribute("x1", x);
    line.setAttribute("x2", x);
  }

  const cell = (row, text, className) => {
    const c = document.createElement("td");
    c.textContent = text;
    if (className) c.className = className;
    row.append(c);
    return c;
  };
  const head = (table, names) => {
    const row = document.createElement("tr");
    for (const name of names) {
      const c = document.createElement("th");
      c.scope = "col";
      c.textContent = name;
      row.append(c);
    }
    byID(table).tHead.replaceChildren(row);
  };
  const rowHead = (row, name) => {
    const c = document.createElement("th");
    c.scope = "row";
    c.textContent = name;
    row.append(c);
  };

  function showStates() {
    const columns = ["server", "role", "term or ballot"];
    if (data.hasLog) columns.push("log", "decided up to", "carried out up to");
    if (data.hasExtra) columns.push("state machine");
    head("states", [...columns, "in its own words"]);
    const rows = data.servers.map((name, m) => {
      const s = until(states[m], cursor), row = document.createElement("tr");
      if (s.e === cursor) row.className = "changed";
      rowHead(row, name);
      cell(row, s.v.role);
      cell(row, s.v.term);
      if (data.hasLog) {
        const up = s.v.first > 0;
        cell(row, up ? `${s.v.first} to ${s.v.last}` : "");
        cell(row, up ? s.v.committed : "");
        cell(row, up ? s.v.applied : "");
      }
      if (data.hasExtra) cell(row, s.q || "", "words");
      cell(row, s.t, "words");
      return row;
    });
    byID("states").tBodies[0].replaceChildren(...rows);
  }

  const columns = 24;
  function showLogs() {
    const current = data.servers.map((_, m) => until(states[m], cursor));
    const high = Math.max(0, ...current.map((s) => s.v.last)), low = Math.max(1, high - columns + 1);
    const places = [];
    for (let i = low; i <= high; i++) places.push(i);
    head("log", ["", ...places]);
    const rows = data.servers.map((name, m) => {
      const row = document.createElement("tr"), v = current[m].v;
      rowHead(row, name);
      for (const i of places) {
        const known = logs[m].get(i), change = known && until(known, cursor);
        if (i > v.last || v.first === 0) cell(row, "");
        else if (i < v.first) cell(row, "in snapshot").title = "the snapshot has it";
        else if (!change || !change.x.text) cell(row, "·").title = "nothing, or not known to this page";
        else {
          const c = cell(row, change.x.text.split(":")[0], `entry k${shade(change.x.mark)}${i <= v.committed ? " decided" : ""}`);
          c.title = change.x.text;
        }
      }
      return row;
    });
    byID("log").tBodies[0].replaceChildren(...rows);
  }
  const shade = (mark) => (mark >= 1000 ? Math.floor(mark / 1000) + (mark % 1000) : mark) % 5;
  const seconds = (t) => (t / 1e9).toFixed(6) + " s";

  let marked = null;
  function go(to, keep) {
    if (last < 0) { now.textContent = "The window has no events."; return; }
    cursor = Math.min(Math.max(Math.round(to), 0), last);
    const e = events[cursor];
    now.textContent = `${seconds(e.t)}, event ${cursor + 1} of ${events.length}: ${e.x}`;
    slider.value = cursor;
    slider.setAttribute("aria-valuetext", now.textContent);
    if (marked) marked.classList.remove("current");
    marked = (e.m && messages.get(e.m)) || elements.get(cursor) || null;
    if (marked) marked.classList.add("current");
    drawCursor();
    if (!keep) {
      const x = place(e.t);
      if (x < box.scrollLeft + left + 20 || x > box.scrollLeft + box.clientWidth - 40) box.scrollLeft = x - left - (box.clientWidth - left) * 0.35;
    }
    showStates();
    if (data.hasLog) showLogs();
  }

  const keys = {
    ArrowLeft: (e) => go(cursor - (e.shiftKey ? 10 : 1)), ArrowRight: (e) => go(cursor + (e.shiftKey ? 10 : 1)),
    PageUp: () => go(cursor - 100), PageDown: () => go(cursor + 100), Home: () => go(0), End: () => go(last),
    "+": () => setZoom(zoom * 2), "=": () => setZoom(zoom * 2), "-": () => setZoom(zoom / 2),
  };
  for (const element of [box, slider]) {
    element.addEventListener("keydown", (e) => {
      const does = keys[e.key];
      if (!does || e.ctrlKey || e.metaKey || e.altKey) return;
      e.preventDefault();
      does(e);
    });
  }
  slider.max = Math.max(last, 0);
  slider.addEventListener("input", () => go(Number(slider.value)));
  const buttons = { first: () => go(0), back: () => go(cursor - 1), on: () => go(cursor + 1), last: () => go(last), in: () => setZoom(zoom * 2), out: () => setZoom(zoom / 2) };
  for (const b of document.querySelectorAll("[data-go]")) b.addEventListener("click", buttons[b.dataset.go]);

  // nearest finds the last event that is not after a place of the diagram.
  const nearest = (clientX) => {
    const x = clientX - svg.getBoundingClientRect().left;
    const t = data.start + (x - left) / (wide * zoom) * (data.end - data.start);
    let low = 0, high = events.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (events[middle].t <= t) low = middle + 1; else high = middle;
    }
    return low - 1;
  };
  let dragging = false;
  svg.addEventListener("pointerdown", (e) => {
    const hit = e.target.closest("[data-e]");
    dragging = !hit;
    go(hit ? Number(hit.dataset.e) - 1 : nearest(e.clientX), true);
  });
  svg.addEventListener("pointermove", (e) => {
    if (dragging && e.buttons) go(nearest(e.clientX), true);
    const hit = e.target.closest("[data-e]");
    tip.hidden = !hit;
    if (!hit) return;
    tip.textContent = seconds(events[hit.dataset.e - 1].t) + ": " + events[hit.dataset.e - 1].x;
    tip.style.left = Math.min(e.clientX + 14, innerWidth - tip.offsetWidth - 8) + "px";
    tip.style.top = Math.min(e.clientY + 16, innerHeight - tip.offsetHeight - 8) + "px";
  });
  addEventListener("pointerup", () => { dragging = false; });
  svg.addEventListener("pointerleave", () => { tip.hidden = true; });

  // Names and legend stay in view, and the label of what began further left.
  const stay = svg.querySelectorAll(".names,.fixed");
  const shifted = new Set();
  function stayInView() {
    for (const g of stay) g.setAttribute("transform", `translate(${box.scrollLeft} 0)`);
    const edge = box.scrollLeft + left;
    for (const o of moved) {
      if (o.to === undefined) continue;
      const from = at(o.from), to = at(o.to), hidden = from < edge && at(o.end) > edge;
      if (!hidden && !shifted.has(o)) continue;
      const begin = hidden ? edge : from;
      o.e.setAttribute("x", begin + o.offset);
      o.e.classList.toggle("tight", to - begin < o.need);
      if (hidden) shifted.add(o); else shifted.delete(o);
    }
  }
  box.addEventListener("scroll", stayInView);

  if (!data.hasLog) for (const id of ["log", "log-title"]) byID(id).hidden = true;
  go(data.cursor);
  box.scrollLeft = place(events.length ? events[cursor].t : data.start) - left - (box.clientWidth - left) * 0.35;
})();
