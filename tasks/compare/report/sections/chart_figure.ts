import { metricKind } from "@videoms/core/plain";
import { type Html, html, trustedHtml } from "@videoms/core";
import { markOf } from "../charts.ts";

/** Widths of the two drawings of a chart; the style sheet shows the one that fits. */
const WIDTHS = { narrow: 330, wide: 820 };

/** Both drawings of a chart, named for those who cannot see it, with its figures behind. */
export function chartFigure(title: string, data: Html, draw: (width: number) => string): Html {
  return html`
    <figure>
      <figcaption>${title}</figcaption>
      <div role="img" aria-label="${title}">
        <div class="wide">${trustedHtml(draw(WIDTHS.wide))}</div>
        <div class="narrow">${trustedHtml(draw(WIDTHS.narrow))}</div>
      </div>
      <details><summary>Figures<span class="hidden">: ${title}</span></summary>${data}</details>
    </figure>
  `;
}

/** What the marks of variants mean. */
export function legend(series: readonly { title: string; place: number }[]): Html {
  return html`<ul class="legend">${
    series.map(({ title, place }) => html`<li>${trustedHtml(markOf(place))} ${title}</li>`)
  }</ul>`;
}

/** The name of an axis: that of a metric with its unit. */
export function axisLabel(metric: string): string {
  const { label, unit: { symbol } } = metricKind(metric);
  return symbol === "" ? label : `${label} in ${symbol}`;
}
