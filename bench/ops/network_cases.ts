import { cube, matrix, type OpCase, opCase, type OpSizes, vector, weight } from "./op_case.ts";

/** Dense layers. */
function denseCases({ batch, tokens, width }: OpSizes): OpCase[] {
  const [rows, wide] = [batch * tokens, 4 * width];
  return [
    opCase(
      "linear D → 3D",
      () => [matrix(rows, width, "x"), weight(width, 3 * width), vector(3 * width, "b")],
      (k, [x, w, b]) => [k.linear(x, w, b)],
    ),
    opCase(
      "linear 4D → D and residual",
      () => [
        matrix(rows, wide, "x"),
        weight(wide, width),
        vector(width, "b"),
        matrix(rows, width, "residual"),
      ],
      (k, [x, w, b, residual]) => [k.linear(x, w, b, { residual })],
    ),
    opCase(
      "linear gradients D → 3D",
      () => [matrix(rows, width, "x"), weight(width, 3 * width), matrix(rows, 3 * width, "dy")],
      (k, [x, w, dy]) => {
        const { dx, dw, db } = k.linearGradients(x, w, dy, true);
        return [dx!, dw, db];
      },
    ),
    opCase(
      "linear and GELU D → 4D",
      () => [matrix(rows, width, "x"), weight(width, wide), vector(wide, "b")],
      (k, [x, w, b]) => {
        const { pre, y } = k.linearGelu(x, w, b);
        return [pre, y];
      },
    ),
    opCase(
      "gradients of GELU and linear 4D → D",
      () => [matrix(rows, wide, "pre"), weight(wide, width), matrix(rows, width, "dy")],
      (k, [pre, w, dy]) => {
        const { dx, dw, db } = k.geluLinearGradients(pre, w, dy);
        return [dx, dw, db];
      },
    ),
    opCase("GELU 4D", () => [matrix(rows, wide, "x")], (k, [x]) => [k.gelu(x)]),
    opCase(
      "gradient of GELU 4D",
      () => [matrix(rows, wide, "x"), matrix(rows, wide, "dy")],
      (k, [x, dy]) => [k.geluGradient(x, dy)],
    ),
    opCase(
      "scale samples",
      () => [matrix(rows, width, "x"), vector(batch, "factors")],
      (k, [x, factors]) => [k.scaleSamples(x, factors)],
    ),
  ];
}

/** Dense layers, layer norm and attention. */
export function networkCases(sizes: OpSizes): OpCase[] {
  const { batch, tokens, width, heads } = sizes;
  const rows = batch * tokens;
  return [
    ...denseCases(sizes),
    opCase(
      "layer norm",
      () => [matrix(rows, width, "x"), vector(width, "scale"), vector(width, "offset")],
      (k, [x, scale, offset]) => {
        const { y, statistics } = k.layerNorm(x, scale, offset, 1e-6);
        return [y, statistics];
      },
    ),
    opCase(
      "layer norm and its gradients",
      () => [
        matrix(rows, width, "x"),
        vector(width, "scale"),
        matrix(rows, width, "dy"),
        matrix(rows, width, "residual"),
      ],
      (k, [x, scale, dy, residual]) => {
        const { y, statistics } = k.layerNorm(x, scale, scale, 1e-6);
        const { dx, dScale, dOffset } = k.layerNormGradients(x, scale, statistics, dy, residual);
        statistics.dispose();
        return [y, dx, dScale, dOffset];
      },
    ),
    opCase("attention", () => [cube([batch, tokens, 3 * width], "qkv")], (k, [qkv]) => {
      const { y, saved } = k.attention(qkv, heads);
      saved.dispose(); // of each backend's own form
      return [y];
    }),
    opCase(
      "attention and its gradient",
      () => [cube([batch, tokens, 3 * width], "qkv"), cube([batch, tokens, width], "dy")],
      (k, [qkv, dy]) => {
        const { y, saved } = k.attention(qkv, heads);
        const dQkv = k.attentionGradient(qkv, heads, y, saved, dy);
        saved.dispose();
        return [y, dQkv];
      },
    ),
    opCase(
      "pack biases, and unpack them",
      () => [vector(width, "query"), vector(width, "value"), vector(3 * width, "packed")],
      (k, [queries, values, packed]) => {
        const { query, value } = k.unpackBiases(packed);
        return [k.packBiases(queries, values), query, value];
      },
    ),
  ];
}
