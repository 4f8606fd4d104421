import type { History } from "../../protocol/console.ts";
import { PATHS } from "../data/paths.ts";
import { Link } from "../shell/navigation.tsx";
import { FailureText } from "../shell/page.tsx";
import { latencyText } from "../text/instants.ts";
import { Moment } from "../text/moment.tsx";
import { Name } from "../text/name.tsx";
import { byDay, type HistoryEntry, redeployedText } from "./history.ts";
import { type Pages, usePages } from "./use-pages.ts";

const NAMES_SHOWN = 20;

const dayText = (atMs: number): string => new Date(atMs).toLocaleDateString(undefined, { dateStyle: "full" });

function Records({ app, records }: { readonly app: string; readonly records: HistoryEntry["records"] }) {
	return (
		<ul class="records">
			{records.slice(0, NAMES_SHOWN).map(({ name, version, kind }) => (
				<li key={name}>
					<Link to={{ page: "secrets", app, name }}>
						<Name text={name} />
					</Link>{" "}
					<span class={kind === "deleted" ? "bad-text" : "quiet"}>
						{kind === "deleted" ? `deleted in version ${version}` : `version ${version}`}
					</span>
				</li>
			))}
			{records.length > NAMES_SHOWN && <li class="quiet">and {records.length - NAMES_SHOWN} more</li>}
		</ul>
	);
}

function Redeployed({ entry }: { readonly entry: HistoryEntry }) {
	const { redeployed } = entry;
	const text = redeployedText(entry);
	const hasFailed = redeployed.some(({ status }) => status === "failed");
	if (redeployed.length === 0) return <p class="quiet">{text}</p>;
	return (
		<details>
			<summary class={hasFailed ? "bad-text" : "quiet"}>{text}</summary>
			<ul class="records">
				{redeployed.slice(0, 200).map((each) => (
					<li key={each.function}>
						<span class={`state ${each.status}`}>
							<Name text={each.function} />
						</span>{" "}
						<span class="quiet">{latencyText(each.ms)}</span>
					</li>
				))}
			</ul>
		</details>
	);
}

function Entry({ app, entry }: { readonly app: string; readonly entry: HistoryEntry }) {
	return (
		<li class="timeline-entry">
			<p>
				<strong>Revision {entry.revision}</strong> by <Name text={entry.by} />
				{entry.atMs !== null && (
					<>
						{" "}
						<span class="quiet">
							<Moment atMs={entry.atMs} />
						</span>
					</>
				)}
			</p>
			{entry.members && <p>Changes the members or the key.</p>}
			<Records app={app} records={entry.records} />
			<Redeployed entry={entry} />
		</li>
	);
}

/** Asks for the page before those that are shown, if there is one. */
export function More({ pages, text }: { readonly pages: Pages; readonly text: string }) {
	const { failure, hasMore, isLoading, loadOlder } = pages;
	return (
		<>
			{failure !== undefined && <FailureText failure={failure} />}
			{hasMore && (
				<button type="button" class="more" disabled={isLoading} onClick={() => void loadOlder()}>
					{text}
				</button>
			)}
		</>
	);
}

/** The changes of an app, the newest first. */
export function Timeline({ app, first }: { readonly app: string; readonly first: History }) {
	const pages = usePages(first, (before) => PATHS.history(app, { before }));
	return (
		<div class="timeline">
			{byDay(pages.entries, dayText).map(({ day, entries: ofDay }) => (
				<section key={`${day}${ofDay[0]?.revision}`}>
					<h2>{day === "" ? "Without a time" : day}</h2>
					<ol>
						{ofDay.map((entry) => (
							<Entry key={entry.revision} app={app} entry={entry} />
						))}
					</ol>
				</section>
			))}
			<More pages={pages} text="Show older changes" />
		</div>
	);
}
