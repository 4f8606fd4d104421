/**
 * Fills the package cache of this user by one build. The nodes cannot: they reach nothing but each other, and a build
 * needs esbuild, which Deno downloads once.
 */
import { readFile } from "node:fs/promises";
import { utf8 } from "../../../../../src/bytes.ts";
import { openBuilder } from "../../../../../src/platform/build/bundle.ts";
import { readPlatformConfig } from "../../../../../src/platform/configuration/config.ts";
import { hostPath } from "../../../../../src/platform/machine/assets.ts";
import { findDeno } from "../../../../../src/platform/runtime/deno-binary.ts";

const ENTRY = "index.ts";
const MAXIMA = { memoryMB: 1024, timeoutSeconds: 150, maxBodyMB: 100 };

const { buildDirectory, passthrough } = readPlatformConfig({
	version: "0.0.0-torture",
	data: process.argv[2] ?? "",
	listen: "127.0.0.1:0",
	control: "127.0.0.1:0",
	allowNet: [],
	hostNames: [],
	behindTlsProxy: false,
	gateways: 0,
});
const builder = await openBuilder({
	deno: await findDeno(),
	directory: buildDirectory,
	hidden: [],
	passthrough,
	stdHttp: await readFile(hostPath("std-http.ts"), "utf8"),
});
const files = new Map([[ENTRY, utf8("export default () => new Response();")]]);
const checked = await builder.prepare({ files, functions: [{ name: "a", entry: ENTRY }] }, MAXIMA);
for (const prepared of checked.functions.values()) {
	if (prepared instanceof Error) throw prepared;
	await builder.build(prepared);
}
builder.close();
