/** NODE_ENV, which `deno bundle` would replace by a constant. */
import { expect, test } from "vitest";
import { TestApp, useCore } from "../app-fixture.ts";

useCore();

const EVERY_SPELLING = `
import imported, { env } from "node:process";
import { createRequire } from "node:module";
const required = createRequire(import.meta.url)("node:process");
const { NODE_ENV } = process.env;
const { env: { NODE_ENV: renamed } } = process;
const seen = () => [
	process.env.NODE_ENV, process.env["NODE_ENV"], process?.env?.NODE_ENV, globalThis.process.env.NODE_ENV,
	NODE_ENV, renamed, imported.env.NODE_ENV, env.NODE_ENV, required.env.NODE_ENV,
	Deno.env.get("NODE_ENV"), Deno.env.toObject().NODE_ENV,
	process.env.NODE_ENV === "production" ? "production" : process.env.NODE_ENV,
];
Deno.serve(() => new Response([...new Set(seen())].join()));`;

test("reads of NODE_ENV in every spelling give the secret, and 'production' without one", async () => {
	const app = await TestApp.open("node-env", { OTHER: "o" });
	await app.deploy({ every: EVERY_SPELLING, none: `Deno.serve(() => new Response("none"));` });
	expect(await app.fetch("every")).toBe("production");
	expect((await app.show("every"))?.references).toContainEqual({
		name: "NODE_ENV",
		file: "functions/every/index.ts",
		line: 5,
		how: "static",
	});
	const changed = [{ function: "every", status: "live", reasons: [{ name: "NODE_ENV", how: "static" }] }];
	expect(await app.set({ NODE_ENV: "staging" })).toMatchObject(changed);
	expect(await app.fetch("every")).toBe("staging");
	expect(await app.set({ NODE_ENV: undefined })).toMatchObject(changed);
	expect(await app.fetch("every")).toBe("production");
});

test("a package chooses its code by the secret NODE_ENV, and its read is a reference", async () => {
	const app = await TestApp.open("node-env-package", { NODE_ENV: "development" });
	// Only react's module for development exports `captureOwnerStack`.
	const code = `
		import React from "npm:react@19.1.0";
		Deno.serve(() => new Response(typeof React.captureOwnerStack));`;
	await app.deploy({ rendering: code });
	expect(await app.fetch("rendering")).toBe("function");
	expect((await app.show("rendering"))?.references).toContainEqual(
		expect.objectContaining({ name: "NODE_ENV", file: "npm:react@19.1.0/index.js", how: "static" }),
	);
	expect(await app.set({ NODE_ENV: "production" })).toMatchObject([{ function: "rendering" }]);
	expect(await app.fetch("rendering")).toBe("undefined");
});
