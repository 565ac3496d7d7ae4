/// The page's template. Double braces escape; there are no others.
enum ReportTemplate {
    static let text = """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'{{#interactive}}; script-src 'sha256-{{scriptHash}}'{{/interactive}}; base-uri 'none'; form-action 'none'">
        <title>{{title}}</title>
        <style>
        :root { --ink: #1b1b1b; --paper: #ffffff; --quiet: #595959; --line: #d0d0d0; --shade: #f5f5f5; --warn: #7a4100; --warnpaper: #fff4e0; }
        @media (prefers-color-scheme: dark) { :root { --ink: #e8e8e8; --paper: #161616; --quiet: #b0b0b0; --line: #444444; --shade: #222222; --warn: #ffcf8f; --warnpaper: #3a2a10; } }
        * { box-sizing: border-box; }
        body { margin: 0 auto; max-width: 60rem; padding: 1.5rem 1rem 4rem; font: 1rem/1.55 system-ui, "DejaVu Sans", sans-serif; color: var(--ink); background: var(--paper); }
        h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .5rem; }
        h2 { font-size: 1.25rem; margin: 2.5rem 0 .75rem; }
        h3 { font-size: 1.05rem; margin: 0 0 .5rem; }
        p, li, dd { max-width: 45rem; overflow-wrap: break-word; }
        .quiet { color: var(--quiet); }
        .warnings { border-left: .3rem solid var(--warn); background: var(--warnpaper); color: var(--warn); padding: .6rem 1rem; margin: 1.25rem 0; }
        .warnings ul { margin: .3rem 0; padding-left: 1.2rem; }
        .scroll { overflow-x: auto; }
        table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
        caption { text-align: left; color: var(--quiet); padding-bottom: .4rem; }
        th, td { padding: .35rem .8rem .35rem 0; text-align: right; white-space: nowrap; border-bottom: 1px solid var(--line); vertical-align: top; }
        th:first-child, td:first-child { text-align: left; }
        thead th { border-bottom: 2px solid var(--line); }
        .note { display: block; font-size: .8rem; color: var(--warn); }
        .unit { color: var(--quiet); font-weight: normal; font-size: .85rem; }
        .picture { margin: 0 0 2.25rem; }
        figure { margin: 0; }
        figure img { display: block; width: 100%; height: auto; max-width: 52rem; border-radius: .25rem; }
        figure img.narrow { max-width: 27rem; }
        nav ul { columns: 18rem; padding-left: 0; margin: .3rem 0; list-style: none; }
        nav li { break-inside: avoid; padding-left: 1.5rem; text-indent: -1.5rem; }
        @media (max-width: 40rem) { figure img:not(.narrow) { width: 42rem; max-width: none; } }
        a { color: inherit; }
        .space { margin-top: .5rem; max-width: 52rem; }
        .space canvas { display: block; width: 100%; touch-action: none; cursor: grab; }
        .space select { font: inherit; color: inherit; background: var(--shade); border: 1px solid var(--quiet); border-radius: .25rem; padding: .15rem .4rem; max-width: 100%; }
        figcaption { color: var(--quiet); margin-top: .5rem; max-width: 45rem; }
        details { margin-top: .5rem; }
        summary { cursor: pointer; }
        pre { overflow-x: auto; background: var(--shade); padding: .75rem 1rem; border-radius: .25rem; font-size: .85rem; white-space: pre-wrap; overflow-wrap: anywhere; }
        dt { font-weight: 600; margin-top: .6rem; }
        dd { margin-left: 0; overflow-wrap: anywhere; }
        @media print { body { max-width: none; } details > * { display: block; } figure { break-inside: avoid; } }
        </style>
        </head>
        <body>
        <header>
        <h1>{{title}}</h1>
        <p class="quiet">{{lead}}</p>
        </header>
        <main>
        {{#hasWarnings}}
        <section class="warnings" aria-label="Warnings">
        <strong>Before you read on</strong>
        <ul>
        {{#warnings}}
        <li>{{.}}</li>
        {{/warnings}}
        </ul>
        </section>
        {{/hasWarnings}}
        <nav aria-label="Contents">
        <ul>
        {{#hasVerdicts}}<li><a href="#words">In words</a></li>{{/hasVerdicts}}
        <li><a href="#numbers">Numbers</a></li>
        {{#figures}}<li><a href="#figure-{{number}}">{{number}}. {{title}}</a></li>
        {{/figures}}
        <li><a href="#methods">Methods</a></li>
        <li><a href="#reproduce">How to reproduce</a></li>
        </ul>
        </nav>
        {{#hasVerdicts}}
        <section id="words">
        <h2>In words</h2>
        {{#verdicts}}
        <h3>{{variant}} against {{reference}}</h3>
        <ul>
        {{#statements}}
        <li>{{.}}</li>
        {{/statements}}
        </ul>
        {{/verdicts}}
        <p class="quiet">All of this is about the loss around these weights on these windows. Whether fine-tuning ends better from there is another question, which only fine-tuning answers.</p>
        </section>
        {{/hasVerdicts}}
        <section id="numbers">
        <h2>Numbers</h2>
        <div class="scroll" tabindex="0" role="region" aria-label="Table of measures">
        <table>
        <caption>Value ± standard error. Every number uses the same windows and seeds for all variants. The unit loss is that of the loss itself; weights have none.</caption>
        <thead><tr><th scope="col">measure</th><th scope="col">unit</th>{{#variants}}<th scope="col">{{.}}</th>{{/variants}}</tr></thead>
        <tbody>
        {{#measures}}
        <tr><th scope="row">{{title}}</th><td class="unit">{{unit}}</td>{{#cells}}<td>{{text}}{{#note}}<span class="note">{{note}}</span>{{/note}}</td>{{/cells}}</tr>
        {{/measures}}
        </tbody>
        </table>
        </div>
        </section>
        <section id="figures">
        <h2>Figures</h2>
        {{#figures}}
        <section class="picture" id="figure-{{number}}">
        <h3>{{number}}. {{title}}</h3>
        <figure>
        <div class="scroll" tabindex="0" role="region" aria-label="Figure {{number}}"><picture><source srcset="{{sourceDark}}" media="(prefers-color-scheme: dark)"><img{{#narrow}} class="narrow"{{/narrow}} src="{{source}}" alt="{{alternative}}"></picture></div>
        <figcaption>{{caption}} <span class="unit">({{name}}.gp, .svg, .png, .pdf)</span></figcaption>
        </figure>
        {{#space}}
        <details hidden>
        <summary>Turn figure {{number}}</summary>
        <div class="space" hidden data-space="{{json}}">
        <p><label>Surface <select></select></label> <span class="quiet">Loss <output></output>, one scale for all. Drag, or use the arrow keys.</span></p>
        <canvas tabindex="0" role="img" aria-label="The surface of figure {{number}}, which can be turned"></canvas>
        </div>
        </details>
        {{/space}}
        {{#table}}
        <details>
        <summary>Numbers of figure {{number}}</summary>
        <div class="scroll" tabindex="0" role="region" aria-label="Numbers of figure {{number}}">
        <table>
        <thead><tr>{{#header}}<th scope="col">{{.}}</th>{{/header}}</tr></thead>
        <tbody>
        {{#rows}}
        <tr>{{#cells}}<td>{{.}}</td>{{/cells}}</tr>
        {{/rows}}
        </tbody>
        </table>
        </div>
        </details>
        {{/table}}
        </section>
        {{/figures}}
        </section>
        <section id="methods">
        <h2>Methods</h2>
        <dl>
        {{#methods}}
        <dt>{{term}}</dt><dd>{{text}}</dd>
        {{/methods}}
        </dl>
        </section>
        <section id="reproduce">
        <h2>How to reproduce</h2>
        <pre>{{command}}</pre>
        <dl>
        {{#facts}}
        <dt>{{name}}</dt><dd>{{value}}</dd>
        {{/facts}}
        </dl>
        <details><summary>Resolved configuration, hashes and machine</summary><pre>{{manifest}}</pre></details>
        </section>
        </main>
        {{#interactive}}<script>\(SpaceScript.text)</script>{{/interactive}}
        </body>
        </html>

        """
}
