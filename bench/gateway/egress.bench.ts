/**
 * Outgoing fetches of a function through the egress proxy, compared with those of the same function in the
 * machine's network. Both run in turns in one namespace, and call a server in another namespace at an address
 * that looks public.
 */
import { once } from "node:events";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import { findDeno } from "../../src/platform/runtime/deno-binary.ts";
import { PUBLIC, TestHosts } from "../../test/platform/egress/test-hosts.ts";
import { bundleForNode } from "../../test/platform/runtime/strip.ts";
import { type Bench, type BenchContext, type Paired, paired, type Row } from "../harness.ts";
import { functionOf, type Kind } from "./egress/function.ts";
import { SERVER } from "./egress/server.ts";
import type { Ready, Request } from "./egress.program.ts";

const THROUGHPUT_MIN = 0.8;
const PAIRS = 15;
const MIB = 1024 * 1024;

interface Case {
	readonly figure: string;
	readonly kind: Kind;
	/** Requests, or bytes. */
	readonly count: number;
	readonly connections: number;
	/** The throughput as text. */
	readonly rate: (count: number, ms: number) => string;
}

const perSecond = (count: number, ms: number) =>
	`${Math.round((count / ms) * 1000).toLocaleString("en")} req/s`;
const megabytes = (count: number, ms: number) =>
	`${Math.round(count / 1e6 / (ms / 1000)).toLocaleString("en")} MB/s`;

const CASES: readonly Case[] = [
	{ figure: "small requests, 16 connections", kind: "small", count: 8_000, connections: 16, rate: perSecond },
	{ figure: "small requests, one connection", kind: "small", count: 2_000, connections: 1, rate: perSecond },
	{ figure: "a large body that comes", kind: "down", count: 256 * MIB, connections: 1, rate: megabytes },
	{ figure: "a large body that goes", kind: "up", count: 256 * MIB, connections: 1, rate: megabytes },
];

/** Lets a function make its fetches. @returns their time, in ms */
async function timed(socketPath: string, { connections, count, kind }: Case): Promise<number> {
	const path = `/${kind}?count=${count}&connections=${connections}`;
	const call = request({ socketPath, path, headers: { host: "bench" }, agent: false }).end();
	const [response] = (await once(call, "response")) as [import("node:http").IncomingMessage];
	let text = "";
	for await (const part of response.setEncoding("utf8")) text += part;
	if (response.statusCode !== 200) throw new Error(`The function answered ${response.statusCode}: ${text}`);
	return Number(text);
}

function rowOf({ count, figure, rate }: Case, { floorMs, ratio, subjectMs }: Paired): Row {
	const throughput = 1 / ratio;
	return {
		figure: `fetch through the egress proxy: ${figure}`,
		target: `≥ ${THROUGHPUT_MIN} × without`,
		measured: `${throughput.toFixed(2)} × (${rate(count, subjectMs)})`,
		beside: `without: ${rate(count, floorMs)}`,
		reached: throughput >= THROUGHPUT_MIN,
	};
}

async function measure({ direct, proxied }: Ready, context: BenchContext): Promise<Row[]> {
	const rows: Row[] = [];
	for (const each of CASES) {
		const chosen = context.smoke ? { ...each, count: Math.ceil(each.count / 100) } : each;
		const subject = () => timed(proxied, chosen);
		const floor = () => timed(direct, chosen);
		rows.push(rowOf(chosen, await paired(subject, floor, context.pairs(PAIRS))));
	}
	return rows;
}

export const bench: Bench = {
	name: "outgoing fetches through the egress proxy",
	async run(context) {
		const { folder, root } = context;
		const deno = await findDeno();
		const server = join(folder, "server.js");
		await writeFile(server, SERVER);
		const program = join(folder, "egress.mjs");
		await bundleForNode(join(root, "bench/gateway/egress.program.ts"), program);
		const directory = join(folder, "work");
		await mkdir(directory, { mode: 0o711 });
		await chmod(folder, 0o711);
		const [address] = PUBLIC;
		const paths = {
			hostPath: join(root, "dist/host/main.js"),
			egressProgram: join(root, "dist/egress.cjs"),
		};
		const options: Request = { directory, deno, ...paths, code: functionOf(address) };
		const hosts = await TestHosts.open([deno, "run", "--quiet", "--no-config", "--allow-net", server]);
		try {
			const { child, firstLine } = await hosts.run<Ready>(program, JSON.stringify(options));
			const ended = once(child, "close");
			const rows = await measure(firstLine, context);
			child.stdin?.end();
			await ended;
			return rows;
		} finally {
			hosts.close();
		}
	},
};
