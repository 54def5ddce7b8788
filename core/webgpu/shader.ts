/** A storage buffer of a {@linkcode Shader}. */
export interface ShaderBinding {
  /** Name of the WGSL variable, an array. */
  readonly name: string;
  /** Type of an element, for example `f32` or `vec4<f32>`. */
  readonly element: string;
  /** `write` also for buffers that are read and modified. */
  readonly access: "read" | "write";
}

/** A field of the uniform struct, which the code reads as `u.<name>`. */
export interface ShaderUniform {
  /** Name of the field. */
  readonly name: string;
  /** Its type. */
  readonly type: "u32" | "f32";
}

/** What a device offers to the code of its shaders, beyond plain WGSL. */
export interface ShaderTarget {
  /** Threads of every subgroup, or null if shaders cannot use subgroups. */
  readonly subgroupSize: number | null;
}

/** A compute shader. Declarations are generated from its bindings. */
export interface Shader {
  /** Unique key that includes everything that changes the code. */
  readonly key: string;
  /** Buffers, in binding order. */
  readonly bindings: readonly ShaderBinding[];
  /** Numbers that change from dispatch to dispatch. */
  readonly uniforms: readonly ShaderUniform[];
  /** WGSL after the declarations, with the entry point `main`; called once for each device. */
  readonly body: (target: ShaderTarget) => string;
  /** Whether the body uses half-precision numbers. @default false */
  readonly f16?: boolean;
  /** Whether the body uses matrix units, and so half precision and subgroups. @default false */
  readonly matrices?: boolean;
}

/** WGSL directives that enable what a shader uses, and subgroups wherever the device has them. */
function directives({ f16, matrices }: Shader, { subgroupSize }: ShaderTarget): string[] {
  const names = [
    (f16 || matrices) && "f16",
    subgroupSize !== null && "subgroups",
    matrices && "chromium_experimental_subgroup_matrix",
  ];
  return names.filter(Boolean).map((name) => `enable ${name};`);
}

/** The complete WGSL of a shader on a device. */
export function shaderCode(shader: Shader, target: ShaderTarget): string {
  const { bindings, uniforms, body } = shader;
  const buffers = bindings.map(({ name, element, access }, i) =>
    `@group(0) @binding(${i}) var<storage, ${access === "write" ? "read_write" : "read"}> ` +
    `${name}: array<${element}>;`
  );
  const fields = uniforms.map(({ name, type }) => `  ${name}: ${type},`).join("\n");
  const struct = uniforms.length === 0 ? [] : [
    `struct Uniforms {\n${fields}\n};`,
    `@group(0) @binding(${bindings.length}) var<uniform> u: Uniforms;`,
  ];
  return [...directives(shader, target), ...buffers, ...struct, body(target)].join("\n");
}

/** Workgroups of one axis that every device allows. */
export const MAX_GROUPS = 65535;

/**
 * A grid of at least `count` workgroups within all axis limits. A shader computes its index with {@linkcode
 * FLAT_GROUP} and must do nothing beyond `count`.
 */
export function flatGrid(count: number): [number, number, number] {
  if (count <= MAX_GROUPS) return [count, 1, 1];
  const rows = Math.ceil(count / MAX_GROUPS);
  return [Math.ceil(count / rows), rows, 1];
}

/** WGSL: the index of a workgroup in a {@linkcode flatGrid}, from the two built-in values. */
export const FLAT_GROUP =
  "fn flatGroup(group: vec3<u32>, groups: vec3<u32>) -> u32 { return group.y * groups.x + group.x; }";
