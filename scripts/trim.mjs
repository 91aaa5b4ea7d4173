// Leaves out of a minified style sheet every rule for a class that no source of ours names.
// A class counts as named when its name stands anywhere in a template, a script or a view: too much is kept rather than too little.

const NAME = /-?[A-Za-z_][\w-]*/g;
const NESTED = /^@(media|supports|container)/;

export function trim(css, sources) {
  const named = new Set(sources.match(NAME));
  const usable = (selector) => {
    const wanted = selector.replace(/:not\([^)]*\)/g, "").match(/\.-?[A-Za-z_][\w-]*/g) ?? [];
    return wanted.every((name) => named.has(name.slice(1)));
  };
  const kept = (text) => {
    let result = "";
    for (const [head, body] of rules(text)) {
      if (body === null || (head.startsWith("@") && !NESTED.test(head))) result += body === null ? head : `${head}{${body}}`;
      else if (NESTED.test(head)) {
        const inside = kept(body);
        if (inside) result += `${head}{${inside}}`;
      } else {
        const selectors = parts(head).filter(usable);
        if (selectors.length) result += `${selectors.join(",")}{${body}}`;
      }
    }
    return result;
  };
  const licence = css.match(/\/\*![\s\S]*?\*\//)?.[0] ?? "";
  return `${licence}\n${kept(css.replace(/@charset[^;]*;|\/\*[\s\S]*?\*\//g, ""))}\n`;
}

// The rules of a style sheet as [head, body]; the body of a statement (@charset) is null.
function* rules(text) {
  for (let at = 0; at < text.length; ) {
    const open = text.indexOf("{", at), stop = text.indexOf(";", at);
    if (open < 0) return;
    if (text[at] === "@" && stop >= 0 && stop < open) {
      yield [text.slice(at, stop + 1), null];
      at = stop + 1;
      continue;
    }
    let depth = 1, end = open + 1;
    for (; depth; end++) depth += text[end] === "{" ? 1 : text[end] === "}" ? -1 : 0;
    yield [text.slice(at, open), text.slice(open + 1, end - 1)];
    at = end;
  }
}

// The selectors of a rule: split at commas that stand in no brackets.
function parts(head) {
  const found = [""];
  let depth = 0;
  for (const sign of head) {
    depth += "([".includes(sign) ? 1 : ")]".includes(sign) ? -1 : 0;
    if (sign === "," && !depth) found.push("");
    else found[found.length - 1] += sign;
  }
  return found;
}
