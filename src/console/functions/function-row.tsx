import type { ComponentChildren } from "preact";
import type { FunctionList } from "../../protocol/function-list.ts";
import type { Progress } from "../data/rollout.ts";
import { lastOf, latencySummary, memorySummary, requestsSummary, type Series } from "../plots/series.ts";
import { SparkLine } from "../plots/spark-line.tsx";
import { Link } from "../shell/navigation.tsx";
import { bytesText, countText, latencyText, numberText } from "../text/instants.ts";
import { Name, nameText } from "../text/name.tsx";
import { clockText } from "./figures.ts";
import { State } from "./state.tsx";

interface RowProps {
	readonly app: string;
	readonly entry: FunctionList["functions"][number];
	readonly progress: Progress | undefined;
	readonly series: Series | undefined;
	/** Whether the platform has several nodes, each with a process of its own. */
	readonly hasNodes: boolean;
}

/** One figure of a row: what it is, its newest value, its last 24 hours. */
function Figure({ label, text, children }: { label: string; text: string; children?: ComponentChildren }) {
	return (
		<div class="figure">
			<span class="figure-label">{label}</span>
			<span class="figure-text">{text}</span>
			{children}
		</div>
	);
}

const orDash = (value: number | undefined, format: (value: number) => string): string =>
	value === undefined ? "–" : format(value);

/** The figures of a row. The room for them is there before they are. */
function Figures({ series }: { readonly series: Series | undefined }) {
	if (series === undefined)
		return (
			<>
				{["Requests", "Response time", "Memory"].map((label) => (
					<Figure key={label} label={label} text="…">
						<span class="spark" />
						<span class="figure-note">…</span>
					</Figure>
				))}
			</>
		);
	const [p50, p99] = [lastOf(series.p50Ms), lastOf(series.p99Ms)];
	return (
		<>
			<Figure label="Requests" text={`${numberText(lastOf(series.requestsPerSecond) ?? 0)}/s`}>
				<SparkLine
					summary={requestsSummary(series, clockText)}
					lines={[
						{ values: series.requestsPerSecond },
						...(series.errors > 0 ? [{ values: series.errorsPerSecond, class: "bad" }] : []),
					]}
				/>
				<span class={`figure-note ${series.errors > 0 ? "bad" : ""}`}>
					{countText(series.errors, "error")}
				</span>
			</Figure>
			<Figure label="Response time" text={`${orDash(p50, latencyText)} / ${orDash(p99, latencyText)}`}>
				<SparkLine
					summary={latencySummary(series, clockText)}
					lines={[{ values: series.p50Ms }, { values: series.p99Ms, class: "second" }]}
				/>
				<span class="figure-note">p50 / p99</span>
			</Figure>
			<Figure label="Memory" text={orDash(lastOf(series.memoryBytes), bytesText)}>
				<SparkLine summary={memorySummary(series, clockText)} lines={[{ values: series.memoryBytes }]} />
			</Figure>
		</>
	);
}

/** The line of an error that says what is wrong. */
const firstLine = (error: string): string =>
	nameText(error.split("\n").find((line) => line.trim() !== "") ?? "");

/** A function in the list. */
export function FunctionRow({ app, entry, progress, series, hasNodes }: RowProps) {
	return (
		<li class="function-row">
			<div class="function-what">
				<Link class="function-name" to={{ page: "functions", app, name: entry.name }}>
					<Name text={entry.name} />
				</Link>
				<span class="function-facts">
					<State entry={entry} progress={progress} />
					{!hasNodes && entry.pid !== null && <span class="quiet">Process {entry.pid}</span>}
					<span class="quiet">Version {nameText(entry.deployment).slice(0, 10)}</span>
				</span>
				{entry.error !== undefined && <span class="function-error">{firstLine(entry.error)}</span>}
			</div>
			<Figures series={series} />
		</li>
	);
}
