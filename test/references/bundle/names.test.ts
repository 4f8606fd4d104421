import { expect, test } from "vitest";
import { childKeys } from "../../../src/references/bundle/child-keys.ts";
import { parse } from "../../../src/references/bundle/parse.ts";
import { Scopes } from "../../../src/references/bundle/scopes.ts";
import type { Node } from "../../../src/references/bundle/syntax.ts";

/** Many scopes that declare `x`. Each use of it has the line of its declaration in a comment, or 0 for a global. */
const CODE = `var outer = (x) => {
	x = 1; // 1
	{ let x = 2; x; } // 3
	for (const x of [x]) { { x; } } // 4 4
	try { x; } catch (x) { x++; } // 1 5
	(function x() { x; }); // 6
	(class x { static #y = x; [x] = x; }); // 7 7 7
	switch (x) { case x: let x; } // 8 8
	function inner(x, z = x) { var x; return () => x; } // 9 9
	function other() { { var x = 1; } return x; } // 10
};
x; { x = 3; } // 0 0
`;

/** Every identifier in an expression or pattern, in the order of the code. */
function identifiersIn(root: Node): Node[] {
	const found: Node[] = [];
	const visit = (node: Node) => {
		if (node.type === "Identifier") found.push(node);
		for (const key of childKeys(node)) {
			for (const child of [node[key]].flat() as (Node | null | undefined)[]) if (child) visit(child);
		}
	};
	visit(root);
	return found.sort((a, b) => a.start - b.start);
}

const lineOf = ({ start }: Node) => CODE.slice(0, start).split("\n").length;

test("each use of a name belongs to the innermost scope that declares it", () => {
	const program = parse(CODE);
	const scopes = new Scopes(program);
	const uses = identifiersIn(program).filter(({ name }) => name === "x");
	const lines: string[] = CODE.split("\n").map(() => "");
	for (const use of uses.filter((node) => !scopes.isDeclaration(node))) {
		const binding = scopes.resolve(use);
		const declared = binding?.declarations.map(lineOf)[0] ?? 0;
		lines[lineOf(use) - 1] += ` ${declared}`;
		if (binding === undefined) continue;
		const { reads, writes } = scopes.uses(binding);
		expect([...reads, ...writes]).toContain(use);
	}
	const expected = CODE.split("\n").map((line) => (/\/\/(.*)$/.exec(line)?.[1] ?? "").replace(/\s+$/, ""));
	expect(lines).toEqual(expected);
	expect(scopes.freeReads("x")).toHaveLength(1);
});
