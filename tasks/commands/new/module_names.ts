/** Words that cannot be names of values. */
const RESERVED =
  /^(arguments|await|break|case|catch|class|const|continue|debugger|default|delete|do|else|enum|eval|export|extends|false|finally|for|function|if|implements|import|in|instanceof|interface|let|new|null|package|private|protected|public|return|static|super|switch|this|throw|true|try|typeof|undefined|var|void|while|with|yield)$/;

const capital = (word: string): string => word[0].toUpperCase() + word.slice(1);

/**
 * The names of a module that is called `my_mask`, or another name of words of small letters and digits, joined by `-`
 * or `_`: of its plugin `my-mask`, its files `my_mask`, its exported value `myMask` and types `MyMask`.
 *
 * @throws {RangeError} for another form, or a word of the language
 */
export function moduleNames(name: string) {
  if (!/^[a-z][a-z0-9]*([-_][a-z0-9]+)*$/.test(name) || RESERVED.test(name)) {
    throw new RangeError(
      'Cannot write a module: its name must be words of small letters and digits, joined by "_" or "-", ' +
        `got "${name}"`,
    );
  }
  const words = name.split(/[-_]/);
  const type = words.map(capital).join("");
  const value = words[0][0] + type.slice(1);
  return { plugin: words.join("-"), file: words.join("_"), value, type };
}
