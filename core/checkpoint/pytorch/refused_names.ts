/** Modules that no file of weights has a reason to name: with them a pickle starts programs. */
const REFUSED_MODULES: ReadonlySet<string> = new Set([
  "_frozen_importlib",
  "_io",
  "_operator",
  "_pickle",
  "_posixsubprocess",
  "_socket",
  "asyncio",
  "bdb",
  "cPickle",
  "cffi",
  "ctypes",
  "ftplib",
  "imp",
  "importlib",
  "marshal",
  "multiprocessing",
  "nt",
  "operator",
  "os",
  "pdb",
  "pickle",
  "pip",
  "pkgutil",
  "popen2",
  "posix",
  "pty",
  "requests",
  "runpy",
  "shutil",
  "smtplib",
  "socket",
  "subprocess",
  "sys",
  "telnetlib",
  "timeit",
  "urllib",
  "webbrowser",
]);

/** Python's own functions that run code, reach anything by its name, or open files. */
const REFUSED_BUILTINS: ReadonlySet<string> = new Set([
  "__import__",
  "apply",
  "breakpoint",
  "compile",
  "delattr",
  "eval",
  "exec",
  "execfile",
  "file",
  "getattr",
  "globals",
  "input",
  "locals",
  "open",
  "setattr",
  "vars",
]);

const BUILTINS: ReadonlySet<string> = new Set(["builtins", "__builtin__", "__builtins__"]);

/** Functions elsewhere that load or fetch what an attacker wrote. */
const REFUSED_FUNCTIONS: ReadonlySet<string> = new Set([
  "numpy.load",
  "torch.load",
  "torch.hub.load",
  "torch.storage._load_from_bytes",
]);

/**
 * Whether a name in a pickle says that the file is an attack.
 *
 * Reading does not depend on this list: here no name is looked up, imported or called, so a name
 * that is missing from the list does nothing either. The list is there so that a person is told that
 * a file would have harmed them elsewhere.
 */
export function isRefusedName(module: string, name: string): boolean {
  const [top] = module.split(".");
  if (REFUSED_MODULES.has(top) || REFUSED_FUNCTIONS.has(`${module}.${name}`)) return true;
  const steps = name.split(".");
  // A dotted name goes through attributes: "torch" and "os.system" reach what "os" and "system" do.
  if (steps.length > 1 && steps.some((step) => REFUSED_MODULES.has(step))) return true;
  return BUILTINS.has(top) && steps.some((step) => REFUSED_BUILTINS.has(step));
}
