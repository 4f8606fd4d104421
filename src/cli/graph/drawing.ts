/** Chooses the format of a drawing by the name of its file. */
import { extname } from "node:path";
import { AppError, EXIT } from "../../errors.ts";
import type { Coverage } from "../../references/plan/coverage.ts";
import { graphDot } from "./dot.ts";
import { graphSvg } from "./svg.ts";

/** Returns the function that draws the format. @throws AppError `OUTPUT_FORMAT` (exit 2) */
export function drawingFor(path: string): (coverage: Coverage) => string {
	const extension = extname(path).toLowerCase();
	if (extension === ".svg") return graphSvg;
	if (extension === ".dot" || extension === ".gv") return graphDot;
	throw new AppError({
		code: "OUTPUT_FORMAT",
		message: `${path} is neither a .svg nor a .dot file.`,
		hint: "Use a file name that ends with .svg, or with .dot for Graphviz.",
		exit: EXIT.usage,
	});
}
