import Figures
import Foundation

/// The numbers of surfaces that people may turn by hand, where their browser runs the page's script.
struct SpacePicture {
    /// In the order of the comparison.
    let panels: [PlanePanel]

    /// Panels of at most 51 × 51 points; larger ones are thinned, as in the figure.
    init(panels: [PlanePanel]) {
        self.panels = panels.map { $0.thinned(to: 51) }
    }

    /// JSON: `[{"title", "x": […], "y": […], "z": […]}]`, row-major, null for holes; five digits suffice for a picture.
    var json: String {
        func number(_ value: Double) -> String { value.isFinite ? String(format: "%.5g", value) : "null" }
        func list(_ values: [Double]) -> String { "[" + values.map(number).joined(separator: ",") + "]" }
        let objects = panels.map { panel -> String in
            let title = (try? JSONEncoder().encode(panel.title)).map { String(decoding: $0, as: UTF8.self) } ?? "\"\""
            return "{\"title\":\(title),\"x\":\(list(panel.x)),\"y\":\(list(panel.y)),\"z\":\(list(panel.loss))}"
        }
        return "[" + objects.joined(separator: ",") + "]"
    }
}

/// The only script of a page: it turns surfaces. Without it the page lacks nothing but that.
enum SpaceScript {
    /// For the page's Content-Security-Policy: base64 of the SHA-256 of ``text``. A test computes it anew.
    static let hash = "bgzgQo6CExVNsuZaZe6ETvGtZ8ve+dIHj5Q69lN4s44="

    /// Reads `data-space` of each `.space`, and draws into a canvas that the pointer or the arrow keys turn.
    static let text = """

        "use strict";
        (() => {
        const stops = [[68,1,84],[71,45,123],[59,82,139],[44,114,142],[33,145,140],[40,174,128],[94,201,98],[173,220,48],[253,231,37]];
        const colour = (share) => {
          const place = Math.min(Math.max(share, 0), 1) * 8, low = Math.min(Math.floor(place), 7), part = place - low;
          return "rgb(" + [0, 1, 2].map((k) => Math.round(stops[low][k] * (1 - part) + stops[low + 1][k] * part)).join(",") + ")";
        };
        const start = (holder) => {
          const surfaces = JSON.parse(holder.dataset.space);
          const canvas = holder.querySelector("canvas"), choice = holder.querySelector("select"), words = holder.querySelector("output");
          const all = surfaces.flatMap((s) => s.z).filter((v) => v !== null);
          const least = Math.min(...all), most = Math.max(...all), logarithmic = least > 0 && most / least > 100;
          const height = (v) => logarithmic ? Math.log(v / least) / Math.log(most / least) : (v - least) / ((most - least) || 1);
          surfaces.forEach((s, i) => { const o = document.createElement("option"); o.value = i; o.textContent = s.title; choice.append(o); });
          let turn = 0.6, tilt = 0.6, dragged = null;
          const draw = () => {
            const s = surfaces[choice.value || 0], nx = s.x.length, ny = s.y.length;
            const width = holder.clientWidth, tall = Math.min(width * 0.7, 460), scale = window.devicePixelRatio || 1;
            canvas.width = width * scale; canvas.height = tall * scale; canvas.style.height = tall + "px";
            const pen = canvas.getContext("2d"); pen.scale(scale, scale);
            const ink = getComputedStyle(holder).color, size = Math.min(width, tall * 1.25) * 0.5;
            const [cos, sin, up, flat] = [Math.cos(turn), Math.sin(turn), Math.cos(tilt), Math.sin(tilt)];
            const place = (u, v, h) => {
              const a = u * cos - v * sin, b = u * sin + v * cos;
              return [width / 2 + a * size, tall * 0.52 + b * flat * size - (h - 0.5) * up * size * 0.9, b];
            };
            const span = (c) => (t) => (t - c[0]) / ((c[c.length - 1] - c[0]) || 1) * 1.3 - 0.65;
            const [sx, sy] = [span(s.x), span(s.y)];
            pen.strokeStyle = ink; pen.fillStyle = ink; pen.lineWidth = 0.6; pen.globalAlpha = 0.6; pen.beginPath();
            [[-0.65, -0.65], [0.65, -0.65], [0.65, 0.65], [-0.65, 0.65], [-0.65, -0.65]].forEach(([u, v], i) => {
              const p = place(u, v, 0); i ? pen.lineTo(p[0], p[1]) : pen.moveTo(p[0], p[1]);
            });
            pen.stroke(); pen.globalAlpha = 1;
            const cells = [];
            for (let j = 0; j + 1 < ny; j++) for (let i = 0; i + 1 < nx; i++) {
              const z = [s.z[j * nx + i], s.z[j * nx + i + 1], s.z[(j + 1) * nx + i + 1], s.z[(j + 1) * nx + i]];
              if (z.some((v) => v === null)) continue;
              const h = z.map(height);
              const p = [place(sx(s.x[i]), sy(s.y[j]), h[0]), place(sx(s.x[i + 1]), sy(s.y[j]), h[1]),
                         place(sx(s.x[i + 1]), sy(s.y[j + 1]), h[2]), place(sx(s.x[i]), sy(s.y[j + 1]), h[3])];
              cells.push([p[0][2] + p[1][2] + p[2][2] + p[3][2], p, (h[0] + h[1] + h[2] + h[3]) / 4]);
            }
            cells.sort((a, b) => a[0] - b[0]);
            pen.lineWidth = 0.5; pen.strokeStyle = "rgba(20,20,20,0.45)";
            for (const [, p, h] of cells) {
              pen.fillStyle = colour(h); pen.beginPath(); pen.moveTo(p[0][0], p[0][1]);
              for (let k = 1; k < 4; k++) pen.lineTo(p[k][0], p[k][1]);
              pen.closePath(); pen.fill(); pen.stroke();
            }
            pen.fillStyle = ink; pen.font = "13px system-ui, sans-serif"; pen.textAlign = "center"; pen.textBaseline = "middle";
            const [px, py] = [place(0, turnedAway(cos) ? -0.76 : 0.76, 0), place(turnedAway(-sin) ? -0.76 : 0.76, 0, 0)];
            pen.fillText("x", px[0], px[1]); pen.fillText("y", py[0], py[1]);
            words.textContent = "from " + least.toPrecision(4) + " to " + most.toPrecision(4) + (logarithmic ? ", log scale" : "");
          };
          const turnedAway = (share) => share < 0;
          const move = (dx, dy) => { turn -= dx; tilt = Math.min(Math.max(tilt + dy, 0.1), 1.5); draw(); };
          canvas.addEventListener("pointerdown", (e) => { dragged = [e.clientX, e.clientY]; canvas.setPointerCapture(e.pointerId); });
          canvas.addEventListener("pointermove", (e) => {
            if (!dragged) return;
            move((e.clientX - dragged[0]) / 150, (e.clientY - dragged[1]) / 150); dragged = [e.clientX, e.clientY];
          });
          ["pointerup", "pointercancel"].forEach((name) => canvas.addEventListener(name, () => { dragged = null; }));
          canvas.addEventListener("keydown", (e) => {
            const way = { ArrowLeft: [-0.1, 0], ArrowRight: [0.1, 0], ArrowUp: [0, -0.1], ArrowDown: [0, 0.1] }[e.key];
            if (way) { e.preventDefault(); move(...way); }
          });
          choice.addEventListener("change", draw);
          window.addEventListener("resize", draw);
          window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
          holder.hidden = false;
          draw();
        };
        document.querySelectorAll(".space").forEach((holder) => {
          const details = holder.closest("details");
          details.hidden = false;
          details.addEventListener("toggle", () => { if (details.open && holder.hidden) start(holder); });
        });
        })();

        """
}
