import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Builder } from "../../../../src/platform/build/bundle.ts";
import { buildText, CANARY, ENTRY, LEVELS, makeBuildFolders, NETWORK, testBuilder } from "../builder.ts";

const place = makeBuildFolders();
const JSON_FILE = join(place.data, "canary.json");

/** The sources of modules that read what they should not, each in a package of its own. */
const SOURCES = {
	"requires by an absolute path": `module.exports = require("${JSON_FILE}");`,
	"imports text": `import t from "${JSON_FILE}" with { type: "text" }; export default t;`,
	"reads /proc": 'import t from "/proc/self/environ" with { type: "text" }; export default t;',
};
type Behaviour = keyof typeof SOURCES;

const nameOf = (behaviour: Behaviour) => behaviour.replace(/\W+/g, "-");

interface Package {
	readonly manifest: object;
	readonly tarball: Buffer;
}

function packed(behaviour: Behaviour): Package {
	const folder = mkdtempSync(join(place.root, "package-"));
	const manifest = { name: nameOf(behaviour), version: "1.0.0", main: "i.js" };
	mkdirSync(join(folder, "package"));
	writeFileSync(join(folder, "package/package.json"), JSON.stringify(manifest));
	writeFileSync(join(folder, "package/i.js"), SOURCES[behaviour]);
	execFileSync("tar", ["-czf", "p.tgz", "package"], { cwd: folder });
	return { manifest, tarball: readFileSync(join(folder, "p.tgz")) };
}

/** A registry with the packages. Nothing of it is in a cache, because its port is new. */
async function hostileRegistry(): Promise<Server> {
	const behaviours = Object.keys(SOURCES) as Behaviour[];
	const packages = new Map(behaviours.map((one) => [nameOf(one), packed(one)]));
	const server = createServer(({ headers: { host }, url = "" }, response) => {
		const [, name = "", isArchive] = /^\/(.*?)(\.tgz)?$/.exec(url) ?? [];
		const found = packages.get(name);
		if (found === undefined) return response.writeHead(404).end("{}");
		if (isArchive !== undefined) return response.end(found.tarball);
		const integrity = `sha512-${createHash("sha512").update(found.tarball).digest("base64")}`;
		const dist = { tarball: `http://${host}/${name}.tgz`, integrity };
		response.setHeader("content-type", "application/json");
		const versions = { "1.0.0": { ...found.manifest, dist } };
		return response.end(JSON.stringify({ name, "dist-tags": { latest: "1.0.0" }, versions }));
	}).listen(0, "127.0.0.1");
	await once(server, "listening");
	return server;
}

describe.each(LEVELS)("a hostile package at level %s", (level) => {
	let registry: Server;
	let builder: Builder;
	beforeAll(async () => {
		// Installs the bundler, which is not in this registry.
		const warm = await testBuilder(place, { levels: [level] });
		await buildText(warm, { [ENTRY]: "console.log(1);" });
		warm.close();
		registry = await hostileRegistry();
		const { port } = registry.address() as AddressInfo;
		const url = `http://127.0.0.1:${port}/`;
		const passthrough = { ...NETWORK, NPM_CONFIG_REGISTRY: url, HTTPS_PROXY_PASSWORD: CANARY };
		builder = await testBuilder(place, { levels: [level], passthrough });
	});
	afterAll(() => {
		builder?.close();
		registry?.close();
	});

	test.each(Object.keys(SOURCES) as Behaviour[])("%s", async (behaviour) => {
		const built = await buildText(builder, {
			[ENTRY]: `import x from "npm:${nameOf(behaviour)}@1.0.0"; console.log(x);`,
		}).then(
			(bundle) => bundle.text + bundle.sourceMap,
			(error: Error) => error.message,
		);
		expect(built).not.toContain(CANARY);
		expect(built).toMatch(/does not build|would bundle/);
	});
});
