/**
 * The fixed sine-cosine table of token positions, over the flattened token index (Vaswani et al.:
 * arXiv 1706.03762): with `a = n / 10000^(2⌊j/2⌋ / width)`, entry (n, j) is `sin a` for even j and
 * `cos a` for odd j. Computed in float64.
 *
 * @returns row-major [tokens, width]
 */
export function positionTable(tokens: number, width: number): Float32Array {
  const table = new Float32Array(tokens * width);
  for (let j = 0; j < width; j++) {
    const wave = 10000 ** (2 * Math.floor(j / 2) / width);
    const value = j % 2 === 0 ? Math.sin : Math.cos;
    for (let n = 0; n < tokens; n++) table[n * width + j] = value(n / wave);
  }
  return table;
}
