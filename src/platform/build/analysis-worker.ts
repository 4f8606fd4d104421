/**
 * The main module of the thread of `bundle-analyzer.ts`. It answers each bundle with the bundle's references or with an
 * error. The build bundles it as a program of its own.
 */
import { parentPort } from "node:worker_threads";
import { AppError } from "../../errors.ts";
import { analyzeReferences } from "../../references/analyze.ts";
import type { Answer, Question } from "./bundle-analyzer.ts";

function answer({ code, sourceMap }: Question): Answer {
	try {
		const text = Buffer.from(code.buffer, code.byteOffset, code.byteLength).toString("utf8");
		return { references: analyzeReferences({ code: text, sourceMap }) };
	} catch (error) {
		if (error instanceof AppError) return { error: error.toJSON() };
		throw error;
	}
}

parentPort?.on("message", (question: Question) => parentPort?.postMessage(answer(question)));
