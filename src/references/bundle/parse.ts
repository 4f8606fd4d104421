/** Parses a bundle to its syntax tree. */
import { type Comment, parseSync } from "oxc-parser";
import { AppError, EXIT } from "../../errors.ts";
import { nestingFault } from "./nesting.ts";
import type { Node } from "./syntax.ts";

/**
 * Parses a bundle, an ES module.
 * @throws AppError `BUNDLE_UNPARSABLE` (exit 1) if it does not parse or nests too deeply
 */
export function parse(code: string): Node {
	return parseWithComments(code).program;
}

/** Parses a bundle, and returns its comments too, in order. @throws as `parse` */
export function parseWithComments(code: string): { program: Node; comments: readonly Comment[] } {
	const fault = nestingFault(code);
	if (fault !== undefined) throw unparsable(fault);
	const result = parseSync("bundle.js", code, { lang: "js", sourceType: "module", preserveParens: false });
	const error = result.errors.find(({ severity }) => String(severity) === "Error");
	if (error !== undefined) throw unparsable(error.message);
	return { program: detached(result.program as unknown as Node), comments: result.comments };
}

/**
 * The program as a new node. The parser's result keeps the node that it made: the result has a getter, V8 gives it a
 * hidden class of its own, and that lives until a full garbage collection. So the statements are taken out of the node,
 * and the cheaper collections can free them.
 */
function detached(made: Node): Node {
	const { type, start, end, body } = made;
	made.body = [];
	return { type, start, end, body };
}

function unparsable(reason: string): AppError {
	return new AppError({
		code: "BUNDLE_UNPARSABLE",
		message: `The bundle cannot be parsed: ${reason}`,
		hint: "Check that the function runs with `deno run`, then deploy it again.",
		exit: EXIT.failure,
	});
}
