/**
 * A look at the code before it is parsed. The parser recurses natively, and code that nests too deeply ends
 * the whole process instead of failing; bundles are made from what strangers upload.
 */

/** Deeper than any code that people or bundlers write; the parser takes some three times as much. */
const DEPTH_MAX = 1000;
/** Operators in a row, without a bracket or a separator between. */
const CHAIN_MAX = 5000;

const CLOSES: Readonly<Record<string, string>> = { ")": "(", "]": "[", "}": "{" };
const TOKEN =
	/"(?:[^"\\\n]|\\[^])*"|'(?:[^'\\\n]|\\[^])*'|\/\/[^\n]*|\/\*[^]*?\*\/|[([{]|[)\]}]|[;,]|\$\{|[!~?:=+*%&|^<>.-]|\b(?:else|typeof|void|delete|await|new|yield)\b/g;

/**
 * Says what is wrong with code that nests too deeply, or undefined. Strings and comments are skipped;
 * brackets inside patterns and templates may count, which a closing bracket around them puts right.
 */
export function nestingFault(code: string): string | undefined {
	const open: string[] = [];
	const chains: number[] = [0];
	for (const [token] of code.matchAll(TOKEN)) {
		const last = chains.length - 1;
		if (token === "(" || token === "[" || token === "{" || token === "${") {
			if (open.push(token === "${" ? "{" : token) > DEPTH_MAX) return "it nests too deeply.";
			chains.push(0);
		} else if (token in CLOSES) {
			const at = open.lastIndexOf(CLOSES[token] as string);
			if (at >= 0) {
				open.length = at;
				chains.length = at + 1;
			}
		} else if (token === ";" || token === ",") chains[last] = 0;
		else if (token.length > 0 && !/^["'/]/.test(token)) {
			chains[last] = (chains[last] ?? 0) + 1;
			if ((chains[last] ?? 0) > CHAIN_MAX) return "an expression is too long.";
		}
	}
	return undefined;
}
