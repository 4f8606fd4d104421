/** The error of a failed start first names the secrets that the function reads and the app does not have. */
import { describe, expect, test } from "vitest";
import { AppError } from "../../../../src/errors.ts";
import { withMissingSecrets } from "../../../../src/platform/redeploy/starts/missing-secrets.ts";
import type { Reads } from "../../../../src/references/evidence/reference.ts";
import { TestApp, useCore } from "../app-fixture.ts";

useCore();

async function deployError(app: TestApp, files: Record<string, string>): Promise<string> {
	const events = await app.deployFiles(files);
	const failed = events.flatMap((event) => (event.type === "function" ? [event.result.error ?? ""] : []));
	expect(failed).toHaveLength(1);
	return failed[0] ?? "";
}

describe("a function that throws at its import because a secret is missing", () => {
	const NEEDS = `const need = (name: string) => {
	const value = Deno.env.get(name);
	if (!value) throw new Error("No client without a key.");
	return value;
};
const key = need("STRIPE_KEY");
export default () => new Response(key + Deno.env.get("LATER") + Deno.env.get("KNOWN"));
`;

	test("fails with the names and places first, and starts once they are set", async () => {
		const app = await TestApp.open("lacking", { KNOWN: "k" });
		const error = await deployError(app, { "functions/pay/index.ts": NEEDS });
		const [first = ""] = error.split("\n");
		expect(first).toBe(
			"The function reads secrets that are not set: LATER (functions/pay/index.ts:7), STRIPE_KEY (functions/pay/index.ts:6).",
		);
		expect(error).toContain("No client without a key.");
		await app.set({ STRIPE_KEY: "s", LATER: "l" });
		await app.deployFiles({ "functions/pay/index.ts": NEEDS });
		expect(await app.fetch("pay")).toBe("slk");
	});

	test("does not list secrets that its function.jsonc excludes", async () => {
		const app = await TestApp.open("excluding", { STRIPE_KEY: "s", LATER: "l", KNOWN: "k" });
		const error = await deployError(app, {
			"functions/pay/index.ts": NEEDS,
			"functions/pay/function.jsonc": '{"secrets": {"exclude": ["STRIPE_KEY"]}}',
		});
		expect(error).not.toContain("not set");
	});
});

describe("the message", () => {
	const failure = () =>
		new AppError({ code: "FUNCTION_START_FAILED", message: "It exited.", hint: "Correct it.", exit: 1 });
	const readsOf = (...names: string[]): Reads => ({
		references: names.map((name, index) => ({
			name,
			file: "functions/a.ts",
			line: index + 1,
			how: "static",
		})),
		dynamic: [],
	});
	const EMPTY = { local: new Map(), records: new Map() };

	test("lists ten names at most, and neither prefixes nor what packages read", () => {
		const names = Array.from({ length: 12 }, (_, index) => `KEY_${String(index).padStart(2, "0")}`);
		const ofPackage = { name: "DEBUG", file: "npm:debug@4.3.4/src/node.js", line: 1, how: "static" as const };
		const references = [...readsOf(...names, "MADE_UP_*").references, ofPackage];
		const { message } = withMissingSecrets(failure(), "a", { references, dynamic: [] }, EMPTY) as AppError;
		expect(message).toMatch(
			/^The function reads secrets that are not set: KEY_00 \(functions\/a\.ts:1\), .*and 2 more\.\nIt exited\.$/,
		);
		expect(message).not.toMatch(/MADE_UP|DEBUG/);
	});

	test("names what only a package reads if the error contains the name, and the secret does not exist", () => {
		const read = (name: string) => ({ name, file: "npm:openai@6.2.0/c.ts", line: 1, how: "static" as const });
		const references = ["DEBUG", "OPENAI_API_KEY", "OPENAI_LOG"].map(read);
		const error = failure().with({ message: "Set OPENAI_API_KEY, or OPENAI_LOGS." });
		const { message } = withMissingSecrets(error, "a", { references, dynamic: [] }, EMPTY) as AppError;
		expect(message).toBe(
			"The function reads secrets that are not set: OPENAI_API_KEY (npm:openai@6.2.0).\nSet OPENAI_API_KEY, or OPENAI_LOGS.",
		);
	});

	test("is that of the start alone for any other error, and where nothing is missing", () => {
		const other = new AppError({ code: "BUNDLE_MISSING", message: "No bundle.", hint: "Deploy.", exit: 1 });
		expect(withMissingSecrets(other, "a", readsOf("KEY"), EMPTY)).toBe(other);
		const error = failure();
		expect(withMissingSecrets(error, "a", readsOf(), EMPTY)).toBe(error);
		expect(withMissingSecrets(error, "a", readsOf("NODE_ENV"), EMPTY)).toBe(error);
	});
});
