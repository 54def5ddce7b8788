/** Text that is HTML already. */
export interface Html {
  readonly html: string;
}

/** What a template takes: text is escaped, lists are joined, null is nothing. */
export type HtmlContent = Html | string | number | null | readonly HtmlContent[];

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Says that a text is HTML and to be trusted. */
export function trustedHtml(html: string): Html {
  return { html };
}

function render(content: HtmlContent): string {
  if (content === null) return "";
  if (typeof content === "object") {
    return "html" in content ? content.html : content.map(render).join("");
  }
  return String(content).replace(/[&<>"']/g, (sign) => ESCAPES[sign]);
}

/**
 * HTML from a template whose values are escaped unless they are HTML.
 *
 * @example
 * ```ts
 * import { html } from "@videoms/core";
 *
 * console.assert(html`<p>${"a < b"}</p>`.html === "<p>a &lt; b</p>");
 * ```
 */
export function html(parts: TemplateStringsArray, ...values: readonly HtmlContent[]): Html {
  return trustedHtml(parts.map((part, at) => part + render(values[at] ?? null)).join(""));
}

/** A table with a caption; the first cell of each row is its heading. */
export function htmlTable(
  caption: string,
  head: readonly string[],
  rows: readonly (readonly HtmlContent[])[],
): Html {
  return html`
    <div class="scroll" tabindex="0" role="region" aria-label="${caption}">
      <table>
        <caption>${caption}</caption>
        <thead>
          <tr>${head.map((title) => html`<th scope="col">${title}</th>`)}</tr>
        </thead>
        <tbody>${rows.map(([first, ...rest]) =>
          html`
            <tr><th scope="row">${first}</th>${rest.map((cell) => html`<td>${cell}</td>`)}</tr>
          `
        )}</tbody>
      </table>
    </div>
  `;
}
