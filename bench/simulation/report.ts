/** The results of a simulation as text, in tables of Markdown. */
import { ASSUMPTION_ROWS, type Assumed } from "./assumptions.ts";
import { contentOf, costsOf, etcdBytesPerApp, heapPerApp, processesPerNode } from "./costs.ts";
import { crossChecks } from "./cross-check.ts";
import { MEASURED } from "./measured.ts";
import type { Quantiles } from "./quantiles.ts";
import { type Sizing, sizingOf } from "./sizing.ts";
import type { Run, Totals } from "./totals.ts";

const GIB = 1024 ** 3;

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
	const lines = [head, head.map(() => "---"), ...rows];
	return lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

const count = (value: number) => Math.round(value).toLocaleString("en");
const figure = (value: number) => (value < 100 ? value.toFixed(2) : count(value));
const percent = (part: number) => `${(100 * part).toFixed(part < 0.1 ? 2 : 0)} %`;
const ms = (value: number) => (Number.isNaN(value) ? "–" : `${value.toFixed(value < 10 ? 2 : 0)} ms`);

export function assumptionTable(of: Assumed): string {
	const rows = ASSUMPTION_ROWS.map(([name, { flag, what }]) => [`\`--${flag}\``, String(of[name]), what]);
	return table(["flag", "value", "assumption"], rows);
}

export function measuredTable(): string {
	const rows = Object.values(MEASURED).map(({ command, value, what }) => {
		const values = typeof value === "number" ? [value] : Object.values(value);
		return [
			what,
			values.map((each) => String(Math.round(each * 10_000) / 10_000)).join(", "),
			`\`${command}\``,
		];
	});
	return table(["figure", "value", "measured by"], rows);
}

/** What limits a cell, and what it needs. The bottleneck is the first row. */
export function sizingTable({ apps, cells, limits, needs, nodes }: Sizing): string {
	const rows = [
		...limits.map(({ appsMax, resource }) => [resource, `${count(appsMax)} apps in a cell`]),
		...needs.map((need) => [need.resource, `${need.nodes.toFixed(2)} nodes in a cell`]),
	];
	const [first] = limits;
	return [
		`Bottleneck: ${first?.resource} (${count(first?.appsMax ?? 0)} apps in a cell).`,
		`Needed: ${count(cells)} cells of ${count(apps)} apps, each with ${nodes} nodes and 3 members of etcd: ${count(cells * nodes)} nodes.`,
		"",
		table(["resource", "it allows or needs"], rows),
	].join("\n");
}

function quantileRow(name: string, of: Quantiles): string[] {
	return [name, count(of.count), ...[0.5, 0.9, 0.99, 0.999].map((part) => ms(of.at(part)))];
}

export function totalsTable(of: Assumed, run: Run, totals: Totals): string {
	const seconds = run.windowMs / 1_000;
	const { requests, utilisation } = totals;
	const { processesMax } = costsOf(of, run.apps);
	const lost = requests.failed + requests.refused;
	const rows = [
		...Object.entries(utilisation).map(([name, part]) => [
			`${name}, used in the busiest cell`,
			percent(part),
		]),
		["processes on the busiest node", `${count(totals.processes)} of ${count(processesMax)}`],
		[
			"bytes in etcd, of its quota",
			percent((etcdBytesPerApp(contentOf(of)) * run.apps) / (of.quotaGiB * GIB)),
		],
		[
			"heap of a control plane, of Node's limit",
			percent((heapPerApp(contentOf(of)) * run.apps) / (MEASURED.heapLimitMiB.value * 1024 ** 2)),
		],
		["requests in a second, all cells", count(requests.arrived / seconds)],
		["starts of functions in a second, all cells", count(totals.coldStarts / seconds)],
		["writes to etcd in a second, all cells", count(totals.etcdTransactions / seconds)],
		["messages to other nodes in a second, all cells", count(totals.watched / seconds)],
		["requests that failed or found no room", `${count(lost)} of ${count(requests.arrived)}`],
	];
	const quantiles = [
		quantileRow("request to a running function", totals.warm),
		quantileRow("request that starts a function", totals.cold),
		quantileRow("change until it is durable", totals.changes),
	];
	return [
		table(["resource", "in the simulation"], rows),
		"",
		table(["time that the platform adds", "count", "p50", "p90", "p99", "p99.9"], quantiles),
	].join("\n");
}

/** The computed figures of a large platform beside the measured ones. */
export function crossCheckTable(): string {
	const rows = crossChecks().map(({ computed, measured, what }) => {
		const error = 100 * (computed / measured - 1);
		return [what, figure(computed), figure(measured), `${error > 0 ? "+" : ""}${error.toFixed(0)} %`];
	});
	return table(["9,990 apps", "computed", "measured", "error"], rows);
}

/** What half and twice each assumption changes. */
export function sensitivityTable(of: Assumed, base: Sizing, seed: number): string {
	const rows = ASSUMPTION_ROWS.filter(([, { isChoice }]) => !isChoice).map(([name, { flag }]) => {
		const cells = [0.5, 2].flatMap((factor) => {
			const other = sizingOf({ ...of, [name]: of[name] * factor }, seed);
			const isSame = other.limits[0]?.resource === base.limits[0]?.resource;
			const bottleneck = isSame ? "same" : (other.limits[0]?.resource ?? "");
			return [
				`${count(other.apps)} apps × ${other.nodes} nodes`,
				count(other.cells * other.nodes),
				bottleneck,
			];
		});
		return [`\`--${flag}\``, ...cells];
	});
	const head = ["cell", "nodes in all", "bottleneck"];
	return table(
		["assumption", ...head.map((each) => `half: ${each}`), ...head.map((each) => `twice: ${each}`)],
		rows,
	);
}

/** How many processes fit on a node, beside the control plane. */
export function processesLine(of: Assumed, apps: number): string {
	return `${count(processesPerNode(of, apps))} processes of functions fit on a node.`;
}
