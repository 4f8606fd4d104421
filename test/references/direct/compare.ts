/** Compares what the syntax alone decides with what the engine finds. */

import { Positions } from "../../../src/references/bundle/positions.ts";
import { BundleParser } from "../../../src/references/bundle/program-parts.ts";
import { Scopes } from "../../../src/references/bundle/scopes.ts";
import { SourceFiles } from "../../../src/references/bundle/source-files.ts";
import { decide } from "../../../src/references/direct/decide.ts";
import { runAnalysis } from "../../../src/references/interpret.ts";
import { report } from "../../../src/references/report.ts";

/** A source map that says that each line comes from a package. */
function mapOfPackage(code: string): string {
	const mappings = ["AAAA", ...code.split("\n").slice(1).fill("AACA")].join(";");
	return JSON.stringify({ version: 3, sources: ["node_modules/p/index.js"], names: [], mappings });
}

function parsed(code: string, isPackage: boolean) {
	const { program, parts } = new BundleParser(0).parse(code);
	const positions = new Positions(code, isPackage ? mapOfPackage(code) : undefined);
	return {
		program,
		scopes: new Scopes(program, parts),
		files: new SourceFiles(positions, (source) => source),
	};
}

/** Whether code can be parsed. */
export function isParsable(code: string): boolean {
	try {
		new BundleParser(0).parse(code);
		return true;
	} catch {
		return false;
	}
}

/** What the syntax alone decides, as JSON; undefined where the engine has to run. */
export function decided(code: string, isPackage = false): string | undefined {
	const { files, program, scopes } = parsed(code, isPackage);
	const { findings } = decide(program, scopes, files);
	return findings === undefined ? undefined : JSON.stringify(report(findings, files, code));
}

/** What the engine finds, as JSON. */
export function found(code: string, isPackage = false): string {
	const { files, program, scopes } = parsed(code, isPackage);
	return JSON.stringify(report(runAnalysis(program, scopes, files, code, false), files, code));
}
