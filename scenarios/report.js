"use strict";
// What a page with runs does: a cursor that goes from event to event, in one run or in
// several that have it in common, and the state of each server there. All data is put
// into the page as text, never as HTML.
(() => {
  const tip = document.createElement("div");
  tip.id = "tip";
  tip.setAttribute("role", "tooltip");
  tip.hidden = true;
  document.body.append(tip);

  const seconds = (t) => (t / 1e9).toFixed(6) + " s";
  const shade = (mark) => (mark >= 1000 ? Math.floor(mark / 1000) + (mark % 1000) : mark) % 5;

  // until finds the last of a list that is not after an event.
  const until = (list, event) => {
    let low = 0, high = list.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (list[middle].e <= event) low = middle + 1; else high = middle;
    }
    return list[low - 1];
  };

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
    table.tHead.replaceChildren(row);
  };
  const rowHead = (row, name) => {
    const c = document.createElement("th");
    c.scope = "row";
    c.textContent = name;
    row.append(c);
  };

  // A Run is one of the runs, its diagram and its tables.
  class Run {
    constructor(data, svg, side, columns) {
      this.data = data;
      this.svg = svg;
      this.columns = columns;
      this.stateTable = side.querySelector(".states");
      this.logTable = side.querySelector(".log");
      side.querySelector(".logs").hidden = !data.hasLog;
      // For each server, what changes it, in the order of events.
      this.states = data.servers.map((_, m) => [data.base.find((s) => s.m === m), ...data.states.filter((s) => s.m === m)]);
      this.logs = data.servers.map(() => new Map());
      for (const c of data.entries) {
        const log = this.logs[c.m];
        if (!log.has(c.i)) log.set(c.i, []);
        log.get(c.i).push(c);
      }
      // Elements of events; a message has one, for all that becomes of it.
      this.elements = new Map();
      this.messages = new Map();
      for (const element of svg.querySelectorAll("[data-e]")) {
        const event = Number(element.dataset.e) - 1;
        this.elements.set(event, element);
        if (data.events[event].m) this.messages.set(data.events[event].m, element);
      }
      this.line = document.createElementNS("http://www.w3.org/2000/svg", "line");
      this.line.setAttribute("class", "cursor");
      const area = svg.querySelector(".names rect"), top = Number(area.getAttribute("y"));
      this.line.setAttribute("y1", top);
      this.line.setAttribute("y2", top + Number(area.getAttribute("height")));
      svg.insertBefore(this.line, svg.querySelector(".names"));
      const axis = svg.querySelector(".axis");
      this.axis = axis;
      this.tick = axis.querySelector("line");
      this.label = axis.querySelector("text");
      this.height = svg.viewBox.baseVal.height;
      this.above = 0;
      const places = [...svg.querySelectorAll(".sample")].map((s) => s.getAttribute("transform").match(/translate\((\S+) (\S+)\)/));
      this.edge = places.length ? Number(places[0][1]) : 0;
      this.first = places.length ? Number(places[0][2]) : 0;
      this.rows = new Set(places.map((p) => p[2])).size;
      this.title = svg.querySelector(".title");
      this.titleAt = Number(this.title.getAttribute("y"));
    }

    // layLegend puts the entries of the legend into rows of a width. Where more rows are
    // needed the picture grows upwards, so that nothing else has to move.
    layLegend(width) {
      const rowHeight = 18, samples = [...this.svg.querySelectorAll(".sample")];
      if (samples.length === 0) return;
      let x = this.edge, row = 0;
      const rows = samples.map((s) => {
        const need = Number(s.dataset.w);
        if (x > this.edge && x + need > width) { x = this.edge; row++; }
        const at = { x, row };
        x += need;
        return at;
      });
      this.above = (row + 1 - this.rows) * rowHeight;
      samples.forEach((s, i) => s.setAttribute("transform", `translate(${rows[i].x} ${this.first + rows[i].row * rowHeight - this.above})`));
      this.title.setAttribute("y", this.titleAt - this.above);
      this.title.style.fontSize = "";
      const need = this.title.getComputedTextLength(), room = width - 2 * this.edge;
      if (need > room) this.title.style.fontSize = `${16 * room / need}px`;
      this.resize(Number(this.svg.getAttribute("width")));
    }

    resize(width) {
      this.svg.setAttribute("width", width);
      this.svg.setAttribute("height", this.height + this.above);
      this.svg.setAttribute("viewBox", `0 ${-this.above} ${width} ${this.height + this.above}`);
    }

    element(event) {
      return (this.data.events[event].m && this.messages.get(this.data.events[event].m)) || this.elements.get(event) || null;
    }

    // show shows the servers after an event; -1 is before the first. The event may be one
    // that was just gone to.
    show(event, gone) {
      const data = this.data, columns = ["server", "role", "term or ballot"];
      if (data.hasLog) columns.push("log", "decided up to", "carried out up to");
      if (data.hasExtra) columns.push("state machine");
      head(this.stateTable, [...columns, "in its own words"]);
      this.stateTable.tBodies[0].replaceChildren(...data.servers.map((name, m) => {
        const s = until(this.states[m], event), row = document.createElement("tr");
        if (gone && s.e === event) row.className = "changed";
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
      }));
      if (data.hasLog) this.showLogs(event);
    }

    showLogs(event) {
      const current = this.states.map((of) => until(of, event));
      const high = Math.max(0, ...current.map((s) => s.v.last)), low = Math.max(1, high - this.columns + 1);
      const places = [];
      for (let i = low; i <= high; i++) places.push(i);
      head(this.logTable, ["", ...places]);
      this.logTable.tBodies[0].replaceChildren(...this.data.servers.map((name, m) => {
        const row = document.createElement("tr"), v = current[m].v;
        rowHead(row, name);
        for (const i of places) {
          const known = this.logs[m].get(i), change = known && until(known, event);
          if (i > v.last || v.first === 0) cell(row, "");
          else if (i < v.first) cell(row, "in snapshot").title = "the snapshot has it";
          else if (!change || !change.x.text) cell(row, "·").title = "nothing, or not known to this page";
          else {
            const c = cell(row, change.x.text.split(":")[0], `entry k${shade(change.x.mark)}${i <= v.committed ? " decided" : ""}`);
            c.title = change.x.text;
          }
        }
        return row;
      }));
    }
  }

  function play(root) {
    const data = JSON.parse(root.querySelector("script").textContent);
    const find = (selector) => root.querySelector(selector);
    const box = find(".diagram"), slider = find(".slider"), now = find(".now");
    const svgs = [...box.querySelectorAll("svg")], sides = [...root.querySelectorAll(".side")];
    const runs = data.runs.map((run, i) => new Run(run, svgs[i], sides[i], data.runs.length > 1 ? 14 : 24));
    // All diagrams show the same time, on the same scale.
    const left = Number(svgs[0].dataset.left), wide = Number(svgs[0].dataset.wide);
    const margin = Number(svgs[0].getAttribute("width")) - left - wide;

    // The events of all runs, in the order of time. So far is, by run, the last of its own.
    const events = [];
    data.runs.forEach((run, i) => run.events.forEach((e, own) => events.push({ t: e.t, run: i, own })));
    events.sort((a, b) => a.t - b.t || a.run - b.run || a.own - b.own);
    const reached = data.runs.map(() => -1);
    for (const e of events) {
      reached[e.run] = e.own;
      e.reached = [...reached];
    }
    const index = data.runs.map(() => []);
    events.forEach((e, i) => { index[e.run][e.own] = i; });
    const last = events.length - 1;
    const what = (e) => (runs.length > 1 ? data.runs[e.run].name + ", " : "") + data.runs[e.run].events[e.own].x;
    // after finds the last event that is not after a time.
    const after = (t) => {
      let low = 0, high = events.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (events[middle].t <= t) low = middle + 1; else high = middle;
      }
      return low - 1;
    };
    let zoom = 1, cursor = 0;

    // place is where a time lies.
    const place = (t) => left + wide * zoom * Math.min(Math.max(t - data.start, 0) / Math.max(data.end - data.start, 1), 1);

    // Zooming moves everything but names and legend.
    const moved = [];
    for (const e of box.querySelectorAll("line,rect,text,path[transform]")) {
      if (e.classList.contains("cursor") || e.closest(".fixed,.names,.axis,defs") || e.classList.contains("paper")) continue;
      const o = { e };
      for (const a of ["x1", "x2", "x", "width"]) if (e.hasAttribute(a)) o[a] = Number(e.getAttribute(a));
      const shift = /^translate\((\S+) (\S+)\)$/.exec(e.getAttribute("transform") || "");
      if (shift) { o.shift = Number(shift[1]); o.down = shift[2]; }
      if (e.dataset.x) { o.from = Number(e.dataset.x); o.offset = o.x - o.from; o.need = Number(e.dataset.need); }
      if (e.dataset.r) { o.to = Number(e.dataset.r); o.end = Number(e.dataset.end); }
      moved.push(o);
    }
    const at = (x) => left + (x - left) * zoom;
    function setZoom(to) {
      const before = last < 0 ? left : place(events[cursor].t);
      const seen = before - box.scrollLeft, time = (before - left) / zoom;
      zoom = Math.min(Math.max(to, 1 / 32), 64);
      for (const o of moved) {
        if (o.x1 !== undefined) { o.e.setAttribute("x1", at(o.x1)); o.e.setAttribute("x2", at(o.x2)); }
        if (o.width !== undefined) { o.e.setAttribute("x", at(o.x)); o.e.setAttribute("width", Math.max(o.width * zoom, 1)); }
        else if (o.x !== undefined) o.e.setAttribute("x", o.from === undefined ? at(o.x) : at(o.from) + o.offset);
        if (o.shift !== undefined) o.e.setAttribute("transform", `translate(${at(o.shift)} ${o.down})`);
        if (o.to !== undefined) o.e.classList.toggle("tight", at(o.to) - at(o.from) < o.need);
      }
      const width = left + wide * zoom + margin;
      for (const run of runs) {
        drawTicks(run);
        run.resize(width);
      }
      box.scrollLeft = left + time * zoom - seen;
      stayInView();
      drawCursor();
    }

    // Ticks are made anew for each zoom: round times, about as far apart as in the picture.
    function drawTicks(run) {
      const span = data.end - data.start;
      if (!run.tick || !(span > 0)) return;
      const least = span * 90 / (wide * zoom);
      let step = 10 ** Math.floor(Math.log10(least));
      for (const digit of [1, 2, 5, 10]) if (step * digit >= least) { step *= digit; break; }
      const all = [], decimals = Math.max(0, 9 - Math.floor(Math.log10(step) + 1e-9));
      for (let i = Math.ceil(data.start / step); i * step <= data.end && all.length < 4000; i++) {
        const x = place(i * step), tick = run.tick.cloneNode(), label = run.label.cloneNode();
        tick.setAttribute("x1", x);
        tick.setAttribute("x2", x);
        label.setAttribute("x", x);
        label.setAttribute("class", "label when");
        label.textContent = (i * step / 1e9).toFixed(decimals) + " s";
        all.push(tick, label);
      }
      run.axis.replaceChildren(...all);
    }

    function drawCursor() {
      if (last < 0) return;
      const x = place(events[cursor].t);
      for (const run of runs) {
        run.line.setAttribute("x1", x);
        run.line.setAttribute("x2", x);
      }
    }

    let marked = null;
    function go(to, keep) {
      if (last < 0) { now.textContent = "The window has no events."; return; }
      cursor = Math.min(Math.max(Math.round(to), 0), last);
      const e = events[cursor];
      now.textContent = `${seconds(e.t)}, event ${cursor + 1} of ${events.length}: ${what(e)}`;
      slider.value = cursor;
      slider.setAttribute("aria-valuetext", now.textContent);
      if (marked) marked.classList.remove("current");
      marked = runs[e.run].element(e.own);
      if (marked) marked.classList.add("current");
      drawCursor();
      if (!keep) {
        const x = place(e.t);
        if (x < box.scrollLeft + left + 20 || x > box.scrollLeft + box.clientWidth - 40) center();
      }
      runs.forEach((run, i) => run.show(e.reached[i], i === e.run));
    }
    // center brings the cursor into view, with more room after it than before it.
    function center() {
      box.scrollLeft = place(last < 0 ? data.start : events[cursor].t) - left - (box.clientWidth - left) * 0.35;
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
    for (const b of root.querySelectorAll("[data-go]")) b.addEventListener("click", buttons[b.dataset.go]);

    // nearest finds the last event that is not after a place of the diagrams.
    const nearest = (clientX) => {
      const x = clientX - svgs[0].getBoundingClientRect().left;
      return after(data.start + (x - left) / (wide * zoom) * (data.end - data.start));
    };
    let dragging = false;
    svgs.forEach((svg, i) => {
      const hitBy = (e) => {
        const hit = e.target.closest("[data-e]");
        return hit ? index[i][Number(hit.dataset.e) - 1] : -1;
      };
      svg.addEventListener("pointerdown", (e) => {
        const hit = hitBy(e);
        dragging = hit < 0;
        go(dragging ? nearest(e.clientX) : hit, true);
      });
      svg.addEventListener("pointermove", (e) => {
        if (dragging && e.buttons) go(nearest(e.clientX), true);
        const hit = hitBy(e);
        tip.hidden = hit < 0;
        if (tip.hidden) return;
        tip.textContent = seconds(events[hit].t) + ": " + what(events[hit]);
        tip.style.left = Math.max(Math.min(e.clientX + 14, innerWidth - tip.offsetWidth - 8), 0) + "px";
        tip.style.top = Math.min(e.clientY + 16, innerHeight - tip.offsetHeight - 8) + "px";
      });
      svg.addEventListener("pointerleave", () => { tip.hidden = true; });
    });
    addEventListener("pointerup", () => { dragging = false; });

    // Names and legend stay in view, and the label of what began further left.
    const stay = box.querySelectorAll(".names,.fixed");
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

    // What the diagram has under it is broken into lines as the page is wide.
    for (const note of box.querySelectorAll(".note")) {
      const p = document.createElement("p");
      p.className = "help";
      p.textContent = (runs.length > 1 ? data.runs[svgs.indexOf(note.closest("svg"))].name + ": " : "") + note.textContent;
      box.after(p);
      note.remove();
    }

    const layLegends = () => { for (const run of runs) run.layLegend(box.clientWidth); };
    layLegends();
    addEventListener("resize", layLegends);
    go(after(data.focus));
    center();
  }

  // unpack puts what a script holds compressed into its place.
  async function unpack(script) {
    const place = script.parentElement, part = document.createElement("template");
    try {
      const bytes = Uint8Array.from(atob(script.textContent), (c) => c.charCodeAt(0));
      part.innerHTML = await new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
    } catch {
      part.innerHTML = "<p>This browser is too old to unpack what is here: it has no DecompressionStream, as all have since 2023.</p>";
    }
    script.replaceWith(part.content);
    for (const root of place.querySelectorAll(".playback")) play(root);
  }

  for (const root of document.querySelectorAll(".playback")) play(root);
  // What is folded away is unpacked when it is opened.
  for (const script of document.querySelectorAll("script.packed")) {
    const folded = script.closest("details:not([open])");
    if (folded) folded.addEventListener("toggle", () => unpack(script), { once: true });
    else unpack(script);
  }
})();
