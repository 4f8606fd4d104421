/**
 * The main module of the thread of `bundle-analyzer.ts`. It answers each bundle with the bundle's references or with an
 * error. The build bundles it as a separate program.
 */
import { parentPort } from "node:worker_threads";
import { AppError } from "../../errors.ts";
import { analyzeReferences } from "../../references/analyze.ts";
import { BundleParser } from "../../references/bundle/program-parts.ts";
import type { Answer, Question } from "./bundle-analyzer.ts";

/** The text whose syntax trees are kept: some versions of large packages. */
const KEPT_CHARACTERS = 4 * 1024 * 1024;
const parser = new BundleParser(KEPT_CHARACTERS);

function answer({ code, sourceMap }: Question): Answer {
	try {
		const text = Buffer.from(code.buffer, code.byteOffset, code.byteLength).toString("utf8");
		return { references: analyzeReferences({ code: text, sourceMap }, parser) };
	} catch (error) {
		if (error instanceof AppError) return { error: error.toJSON() };
		throw error;
	}
}

parentPort?.on("message", (question: Question) => parentPort?.postMessage(answer(question)));
