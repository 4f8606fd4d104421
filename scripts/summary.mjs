/**
 * Prints the closing summary of a test run again, and its numbers on a line of their own.
 * Usage: summary.mjs LOG JSON, vitest's output and its JSON report.
 */
import { readFileSync } from "node:fs";

const [log, report] = process.argv.slice(2).map((path) => {
	try {
		return readFileSync(path, "utf8");
	} catch {
		return "";
	}
});

const lines = log.split("\n");
const start = lines.findLastIndex((line) => /^\s*Test Files\s/.test(line));
const length = start === -1 ? 0 : lines.slice(start).findIndex((line) => line.trim() === "");
if (start !== -1) console.log(lines.slice(start, length === -1 ? undefined : start + length).join("\n"));

if (report === "") {
	console.log("\n0 passed, 1 failed");
	process.exitCode = 1;
} else {
	const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, success, testResults } =
		JSON.parse(report);
	// A file that does not load has no failed test, and a test that did not run has not passed. Both count as
	// failures.
	const broken = testResults.filter(
		({ status, assertionResults }) => status === "failed" && assertionResults.length === 0,
	);
	const failed = numFailedTests + broken.length + numPendingTests + numTodoTests;
	console.log(`\n${numPassedTests} passed, ${failed} failed`);
	if (failed > 0 || numPassedTests === 0 || !success) process.exitCode = 1;
}
