/**
 * The main module of the process that parses uploads and reads bundles. It prints the path of each file before it
 * parses the file, so that the platform knows which file ended the process. The build bundles it as a separate program.
 */
import { writeSync } from "node:fs";
import { cryptoReady } from "../../../crypto.ts";
import { AppError } from "../../../errors.ts";
import { UPLOAD_BYTES_MAX } from "../../../modules/limits.ts";
import { Scanner } from "../../../modules/scan.ts";
import { BundleParser } from "../../../references/bundle/program-parts.ts";
import { checkGraphText, readOutput } from "../../threads/build-output.ts";
import { BundleAnalyzer } from "../bundle-analyzer.ts";
import type { CheckRules, Order, Report } from "./messages.ts";
import { Contents, checkUploadedFunctions } from "./upload-check.ts";

const STDOUT = 1;
const scanner = new Scanner((path) => {
	writeSync(STDOUT, `${path}\n`);
	return () => void writeSync(STDOUT, "\n");
});
/** The text of bundles whose syntax trees are kept: one or two versions of a large package. */
const KEPT_CHARACTERS = 2 * 1024 * 1024;
const parser = new BundleParser(KEPT_CHARACTERS);
const contents = new Contents(2 * UPLOAD_BYTES_MAX);
const files = new Map<string, Uint8Array>();
let rules: CheckRules | undefined;

function report(sent: Report): void {
	process.send?.(sent);
}

let analyzer: BundleAnalyzer | undefined;

async function readBundle({ analyzer: program, request }: Extract<Order, { type: "bundle" }>): Promise<void> {
	const { output, written } = readOutput(request, parser);
	if (program === undefined) return report({ type: "bundle", output, references: undefined });
	analyzer ??= new BundleAnalyzer(program);
	writeSync(STDOUT, `${request.entry}\n`);
	const references = await analyzer.analyze(written);
	writeSync(STDOUT, "\n");
	report({ type: "bundle", output, references });
}

async function handle(order: Order): Promise<void> {
	if (order.type === "rules") rules = order.rules;
	else if (order.type === "file") files.set(order.path, contents.deduplicate(order.content));
	else if (order.type === "graph") checkGraphText(order.request);
	else if (order.type === "bundle") await readBundle(order);
	else if (rules !== undefined) {
		checkUploadedFunctions(files, order, { contents, rules, scanner }, report);
		files.clear();
	}
}

/** Handles a command, and answers the last one of a run. */
async function answer(order: Order): Promise<void> {
	await cryptoReady;
	const before = scanner.parses;
	try {
		await handle(order);
		if (order.type !== "rules" && order.type !== "file")
			report({ type: "done", parses: scanner.parses - before });
	} catch (error) {
		if (!(error instanceof AppError)) throw error;
		report({ type: "done", parses: scanner.parses - before, error: error.toJSON() });
	}
}

process.on("message", (order: Order) => void answer(order));
