/** Text that is HTML already. */
export interface Html {
  readonly html: string;
}

/** What a template takes: text is escaped, lists are joined, null is nothing. */
export type Content = Html | string | number | null | readonly Content[];

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Says that a text is HTML and to be trusted. */
export function trusted(html: string): Html {
  return { html };
}

function render(content: Content): string {
  if (content === null) return "";
  if (typeof content === "object") {
    return "html" in content ? content.html : content.map(render).join("");
  }
  return String(content).replace(/[&<>"']/g, (sign) => ESCAPES[sign]);
}

/** HTML from a template whose values are escaped unless they are HTML. */
export function html(parts: TemplateStringsArray, ...values: readonly Content[]): Html {
  return trusted(parts.map((part, at) => part + render(values[at] ?? null)).join(""));
}

/** A table with a caption; the first cell of each row is its heading. */
export function table(
  caption: string,
  head: readonly string[],
  rows: readonly (readonly Content[])[],
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
