/**
 * The main module of the process that parses uploads. It prints the path of each file before it parses the file, so that
 * the platform knows which file ended the process. The build bundles it as a program of its own.
 */
import { readFileSync, writeSync } from "node:fs";
import { basename } from "node:path";
import { cryptoReady } from "../../../crypto.ts";
import { AppError } from "../../../errors.ts";
import { UPLOAD_BYTES_MAX } from "../../../modules/limits.ts";
import { Scanner } from "../../../modules/scan.ts";
import type { CheckRules, Order, Report } from "./messages.ts";
import { Contents, checkUploadedFunctions } from "./upload-check.ts";

const STDOUT = 1;
const scanner = new Scanner((path) => {
	writeSync(STDOUT, `${path}\n`);
	return () => void writeSync(STDOUT, "\n");
});
const contents = new Contents(2 * UPLOAD_BYTES_MAX);
const files = new Map<string, Uint8Array>();
let rules: CheckRules | undefined;

function report(sent: Report): void {
	process.send?.(sent);
}

function parse(file: string): void {
	const before = scanner.parses;
	try {
		scanner.scan(basename(file), readFileSync(file));
		report({ type: "done", parses: scanner.parses - before });
	} catch (error) {
		if (!(error instanceof AppError)) throw error;
		report({ type: "done", parses: scanner.parses - before, error: error.toJSON() });
	}
}

function handle(order: Order): void {
	if (order.type === "rules") rules = order.rules;
	else if (order.type === "file") files.set(order.path, contents.deduplicate(order.content));
	else if (order.type === "parse") parse(order.file);
	else if (rules !== undefined) {
		const before = scanner.parses;
		checkUploadedFunctions(files, order, { contents, rules, scanner }, report);
		files.clear();
		report({ type: "done", parses: scanner.parses - before });
	}
}

process.on("message", (order: Order) => void cryptoReady.then(() => handle(order)));
