/**
 * A function in an npm workspace runs the project's own packages, even if a registry has packages of the same
 * names.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type NpmRegistry, startNpmRegistry } from "../../support/services/npm-registry.ts";
import { link, type PlatformAccess, sharedPlatform } from "../support/platform.ts";
import { newProject, type Project } from "../support/project.ts";

let project: Project;
let platform: PlatformAccess;
let registry: NpmRegistry;

const FILES = {
	"package.json": JSON.stringify({
		workspaces: ["packages/*"],
		dependencies: { "@acme/mail": "^1.0.0" },
		imports: { "#lib/*": "./lib/*.ts" },
	}),
	"packages/mail/package.json": JSON.stringify({
		name: "@acme/mail",
		version: "1.0.0",
		exports: "./src/index.ts",
	}),
	"packages/mail/src/index.ts": 'export const mail = (): string => `own ${Deno.env.get("MAIL_KEY")}`;\n',
	"lib/greet.ts": "export const greet = (text: string): string => `hello ${text}`;\n",
	"functions/send/index.ts":
		'import { mail } from "@acme/mail";\nimport { greet } from "#lib/greet";\nexport default () => new Response(greet(mail()));\n',
};

beforeAll(async () => {
	registry = await startNpmRegistry({
		"@acme/mail": {
			version: "1.0.0",
			source: 'export const mail = () => "stranger " + Deno.env.get("MAIL_KEY");',
		},
	});
	[project, platform] = await Promise.all([newProject(), sharedPlatform()]);
	project.writeAll(FILES);
	await project.ok(["secrets", "set", "MAIL_KEY=of-the-mail"]);
	await link(project, platform);
});
afterAll(async () => {
	await project?.[Symbol.asyncDispose]();
	await platform?.[Symbol.asyncDispose]();
	await registry?.[Symbol.asyncDispose]();
});

test("a function that imports a member of the workspace is deployed, gets the secret that the member reads, and runs the project's code", async () => {
	const { functions } = await project.data(["functions", "deploy"]);
	expect(functions).toMatchObject([{ name: "send", status: "deployed" }]);
	const answer = await fetch(functions[0].url);
	expect(await answer.text()).toBe("hello own of-the-mail");
});

test("references --local finds the same references, and asks no registry for the member's name", async () => {
	const env = { NPM_CONFIG_REGISTRY: registry.url };
	const { functions } = await project.data(["functions", "references", "--local"], { env });
	const { references, warnings } = functions[0];
	expect(references).toMatchObject([{ name: "MAIL_KEY", file: "packages/mail/src/index.ts", line: 1 }]);
	expect(warnings).toEqual([]);
	expect(registry.requested).toEqual([]);
});

test("functions deploy refuses a version that the member does not have, and names file, line, member and what to do", async () => {
	project.write("package.json", FILES["package.json"].replace("^1.0.0", "^2.0.0"));
	const { status, stderr } = await project.coffer(["functions", "deploy"]);
	expect(status).toBe(2);
	expect(stderr).toContain(
		'functions/send/index.ts:1 imports "@acme/mail": it is the workspace member packages/mail at version 1.0.0, which does not satisfy "^2.0.0".',
	);
	expect(stderr).toContain("never requested from a registry");
});

test("functions that functions new writes are deployed and answer as their templates say", async () => {
	project.write("package.json", FILES["package.json"]);
	await project.data(["functions", "new", "hello"]);
	const created = await project.data(["functions", "new", "jobs/report", "--template", "scheduled"]);
	expect(created.files).toEqual(["functions/jobs/report/index.ts", "functions/jobs/report/function.jsonc"]);
	const { functions } = await project.data(["functions", "deploy", "hello", "jobs/report"]);
	const [hello, report] = functions;
	expect(await (await fetch(`${hello.url}/a`)).json()).toEqual({ message: "Hello", path: "/a" });
	expect((await fetch(report.url, { method: "POST", body: "{}" })).status).toBe(204);
});
