import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { buildText, CANARY, ENTRY, LEVELS, makeBuildFolders, NETWORK, testBuilder } from "./builder.ts";

const place = makeBuildFolders();
const JSON_FILE = join(place.data, "canary.json");

/** A registry with one package, whose module reads what it should not. */
async function hostileRegistry(source: string): Promise<string> {
	const folder = join(place.root, `package-${createHash("sha256").update(source).digest("hex").slice(0, 8)}`);
	mkdirSync(join(folder, "package"), { recursive: true });
	writeFileSync(
		join(folder, "package/package.json"),
		JSON.stringify({ name: "hostile", version: "1.0.0", main: "i.js" }),
	);
	writeFileSync(join(folder, "package/i.js"), source);
	execFileSync("tar", ["-czf", "p.tgz", "package"], { cwd: folder });
	const tarball = readFileSync(join(folder, "p.tgz"));
	const integrity = `sha512-${createHash("sha512").update(tarball).digest("base64")}`;
	const server = createServer((request, response) => {
		if (request.url?.endsWith(".tgz")) return response.end(tarball);
		const dist = { tarball: `http://${request.headers.host}/p.tgz`, integrity };
		const versions = { "1.0.0": { name: "hostile", version: "1.0.0", main: "i.js", dist } };
		response.setHeader("content-type", "application/json");
		return response.end(JSON.stringify({ name: "hostile", "dist-tags": { latest: "1.0.0" }, versions }));
	});
	onTestFinished(() => void server.close());
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	return `http://127.0.0.1:${(server.address() as { port: number }).port}/`;
}

describe.each(LEVELS)("a hostile package at level %s", (level) => {
	test.each([
		["requires by an absolute path", `module.exports = require("${JSON_FILE}");`],
		["imports text", `import t from "${JSON_FILE}" with { type: "text" }; export default t;`],
		["reads /proc", 'import t from "/proc/self/environ" with { type: "text" }; export default t;'],
	])("%s", async (_, source) => {
		await testBuilder(place, { levels: [level] }).then((warm) =>
			buildText(warm, { [ENTRY]: "console.log(1);" }),
		);
		const registry = await hostileRegistry(source);
		const passthrough = { ...NETWORK, NPM_CONFIG_REGISTRY: registry, HTTPS_PROXY_PASSWORD: CANARY };
		const builder = await testBuilder(place, { levels: [level], passthrough });
		const built = await buildText(builder, {
			[ENTRY]: 'import x from "npm:hostile@1.0.0"; console.log(x);',
		}).then(
			(bundle) => bundle.text + bundle.sourceMap,
			(error: Error) => error.message,
		);
		expect(built).not.toContain(CANARY);
		expect(built).toMatch(/does not build|would bundle/);
	});
});
