import { ELEMENT_BYTES, type ElementType } from "../element_type.ts";
import { BrokenRule, shown } from "../refuse.ts";
import {
  PickleGlobal,
  type PickleValue,
  StorageReference,
  type TorchStorage,
  TorchTensor,
  UnknownObject,
} from "./pickle_values.ts";

/** PyTorch's storage classes and their element types. */
const STORAGES: Readonly<Record<string, ElementType>> = {
  "torch.DoubleStorage": "F64",
  "torch.FloatStorage": "F32",
  "torch.HalfStorage": "F16",
  "torch.BFloat16Storage": "BF16",
  "torch.LongStorage": "I64",
  "torch.IntStorage": "I32",
  "torch.ShortStorage": "I16",
  "torch.CharStorage": "I8",
  "torch.ByteStorage": "U8",
  "torch.BoolStorage": "BOOL",
};

/** Untyped storages; the tensor has the type. */
const UNTYPED: ReadonlySet<string> = new Set([
  "torch.UntypedStorage",
  "torch.storage.UntypedStorage",
]);

/** PyTorch's element types. */
const TYPES: Readonly<Record<string, ElementType>> = {
  "torch.float64": "F64",
  "torch.float32": "F32",
  "torch.float16": "F16",
  "torch.bfloat16": "BF16",
  "torch.int64": "I64",
  "torch.int32": "I32",
  "torch.int16": "I16",
  "torch.int8": "I8",
  "torch.uint8": "U8",
  "torch.bool": "BOOL",
};

function typeNamed(
  names: Readonly<Record<string, ElementType>>,
  name: string,
): ElementType | undefined {
  return Object.hasOwn(names, name) ? names[name] : undefined;
}

/**
 * The storage of a persistent id: `("storage", class, key, device, count)`, followed in the legacy format by
 * a view, which must be None.
 *
 * @throws {BrokenRule} the broken rule
 */
export function storageOf(id: PickleValue): StorageReference {
  if (!Array.isArray(id) || id[0] !== "storage" || id.length < 5 || id.length > 6) {
    throw new BrokenRule("a persistent id must be a tuple of a storage");
  }
  const [, kind, key, , count, view] = id;
  if (!(kind instanceof PickleGlobal) || typeof key !== "string") {
    throw new BrokenRule("a storage must have a class and a text as its key");
  }
  if (typeof count !== "number" || !Number.isSafeInteger(count) || count < 0) {
    throw new BrokenRule(`a storage must have a whole number of values, got ${shown(count)}`);
  }
  if (view !== undefined && view !== null) {
    throw new BrokenRule("a storage must not be a view of another");
  }
  const type = typeNamed(STORAGES, kind.name);
  const width = UNTYPED.has(kind.name) ? 1 : type && ELEMENT_BYTES[type];
  const storage: TorchStorage = {
    key,
    className: kind.name,
    type,
    count,
    bytes: width && count * width,
  };
  return new StorageReference(storage);
}

function rebuiltTensor(values: readonly PickleValue[], type?: ElementType): TorchTensor {
  const [reference, offset, shape, strides] = values;
  if (!(reference instanceof StorageReference)) {
    throw new BrokenRule("a tensor must be a view of a storage");
  }
  const { storage } = reference;
  return new TorchTensor(storage, type ?? storage.type, offset, shape, strides);
}

function orderedDictionary([pairs]: readonly PickleValue[]): Map<PickleValue, PickleValue> {
  if (pairs === undefined) return new Map();
  const valid = Array.isArray(pairs) &&
    pairs.every((pair) => Array.isArray(pair) && pair.length === 2);
  if (!valid) throw new BrokenRule("an OrderedDict must be made of pairs");
  return new Map(pairs as [PickleValue, PickleValue][]);
}

function parameter([tensor]: readonly PickleValue[]): TorchTensor {
  if (!(tensor instanceof TorchTensor)) throw new BrokenRule("a parameter must be a tensor");
  return tensor;
}

/** The only Python classes and functions that are interpreted here, each by our own code. */
const MEANINGS: Readonly<Record<string, (values: readonly PickleValue[]) => PickleValue>> = {
  "collections.OrderedDict": orderedDictionary,
  "torch.Size": ([sides]) => sides ?? Object.freeze([]),
  "torch._utils._rebuild_tensor": (values) => rebuiltTensor(values),
  "torch._utils._rebuild_tensor_v2": (values) => rebuiltTensor(values),
  "torch._utils._rebuild_tensor_v3": (values) => {
    const type = values[6];
    if (!(type instanceof PickleGlobal)) throw new BrokenRule("a tensor must have a type");
    return rebuiltTensor(values, typeNamed(TYPES, type.name));
  },
  "torch._utils._rebuild_parameter": parameter,
  "torch._utils._rebuild_parameter_with_state": parameter,
};

/**
 * The result of calling a name with some values. Unknown names give an object that only carries the name.
 *
 * @throws {BrokenRule} the broken rule
 */
export function meaningOf(callee: PickleValue, values: PickleValue): PickleValue {
  if (!(callee instanceof PickleGlobal)) throw new BrokenRule("only a named class can be called");
  if (!Array.isArray(values)) throw new BrokenRule(`the values of ${callee.name} must be a tuple`);
  if (Object.hasOwn(MEANINGS, callee.name)) return MEANINGS[callee.name](values);
  return new UnknownObject(callee.name);
}
