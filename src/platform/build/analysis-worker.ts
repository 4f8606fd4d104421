/**
 * What runs in the analyst's thread: one bundle in, its references or an error out, one after the other. Built as a
 * program of its own.
 */
import { parentPort } from "node:worker_threads";
import { AppError } from "../../errors.ts";
import { analyzeReferences } from "../../references/analyze.ts";
import type { Answer, Question } from "./analyst.ts";

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
