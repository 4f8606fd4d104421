/** Draws secrets and functions in Graphviz's DOT language (https://graphviz.org/doc/info/lang.html). */
import type { Coverage } from "../../references/plan/coverage.ts";
import { SIGNS } from "./signs.ts";

/** A quoted string, with its backslashes and quotes escaped. */
const quoted = (text: string) => `"${text.replace(/[\\"]/g, "\\$&")}"`;

export function graphDot({ functions, rows, missing }: Coverage): string {
	const absent = new Set(missing.map(({ name }) => name));
	const lines = ["digraph secrets {", "\trankdir=LR;", '\tnode [fontname="sans-serif"];'];
	for (const { name, isSecret } of rows) {
		const style = absent.has(name) ? ', color="red", style="dashed"' : isSecret ? "" : ', style="dashed"';
		lines.push(`\t${quoted(`secret ${name}`)} [label=${quoted(name)}, shape="box"${style}];`);
	}
	for (const name of functions)
		lines.push(`\t${quoted(`function ${name}`)} [label=${quoted(name)}, shape="ellipse"];`);
	for (const { name, cells } of rows) {
		for (const [reader, cell] of cells) {
			const style = cell === "static" ? "" : `, style="dashed"`;
			const tip = quoted(SIGNS[cell].meaning);
			lines.push(
				`\t${quoted(`secret ${name}`)} -> ${quoted(`function ${reader}`)} [tooltip=${tip}${style}];`,
			);
		}
	}
	return `${lines.join("\n")}\n}\n`;
}
