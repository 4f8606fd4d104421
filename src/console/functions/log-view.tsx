import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Connection } from "../data/follow.ts";
import { MissingNodes } from "../shell/missing-nodes.tsx";
import { Empty } from "../shell/page.tsx";
import { countText, latencyText } from "../text/instants.ts";
import { blockText, Command, Name } from "../text/name.tsx";
import { NodeName } from "../text/nodes.tsx";
import type { LogEntry, LogState } from "./log-buffer.ts";
import { type Line, type Request, useLines, useRequests } from "./use-log.ts";

/** The distance from the end at which a reader still follows. */
const NEAR_PX = 24;

const timeText = (iso: string): string => {
	const time = new Date(iso);
	return Number.isNaN(time.getTime()) ? iso : time.toLocaleTimeString(undefined, { hour12: false });
};

interface ScrolledProps {
	readonly label: string;
	readonly count: number;
	/** The newest entry's identity: the box follows when it changes. */
	readonly newest: unknown;
	readonly children: ComponentChildren;
}

/** A box that stays at its end while entries come, unless the reader has scrolled away from it. */
function Scrolled({ label, count, newest, children }: ScrolledProps) {
	const box = useRef<HTMLDivElement>(null);
	const [isFollowing, setFollowing] = useState(true);
	const toEnd = () => {
		if (box.current !== null) box.current.scrollTop = box.current.scrollHeight;
	};
	useEffect(() => {
		if (isFollowing) toEnd();
	}, [newest, count, isFollowing]);
	const onScroll = () => {
		const element = box.current;
		if (element === null) return;
		setFollowing(element.scrollHeight - element.scrollTop - element.clientHeight <= NEAR_PX);
	};
	return (
		<div class="log-frame">
			<div
				ref={box}
				class="log"
				role="log"
				aria-live="off"
				aria-label={label}
				// biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable with the keyboard
				tabIndex={0}
				onScroll={onScroll}
			>
				{children}
			</div>
			{!isFollowing && (
				<button type="button" class="log-follow" onClick={() => setFollowing(true)}>
					Follow the newest
				</button>
			)}
		</div>
	);
}

interface ToolsProps {
	readonly what: string;
	readonly level: string;
	readonly levels: readonly (readonly [string, string])[];
	readonly onLevel: (level: string) => void;
	readonly text: string;
	readonly onText: (text: string) => void;
	readonly connection: Connection | undefined;
}

function Tools({ what, level, levels, onLevel, text, onText, connection }: ToolsProps) {
	return (
		<div class="tools">
			<select aria-label="Level" value={level} onChange={(event) => onLevel(event.currentTarget.value)}>
				{levels.map(([value, label]) => (
					<option key={value} value={value}>
						{label}
					</option>
				))}
			</select>
			<input
				type="search"
				aria-label={`Find in the ${what}`}
				placeholder={`Find in the ${what}`}
				value={text}
				onInput={(event) => onText(event.currentTarget.value)}
			/>
			{connection?.state === "waiting" && <span class="state failed">Offline, trying again</span>}
			{connection?.state === "refused" && (
				<span class="state failed">{blockText(connection.failure.message)}</span>
			)}
		</div>
	);
}

interface NothingProps {
	readonly log: LogState<unknown> | undefined;
	readonly what: string;
	readonly name: string;
	readonly isFiltered: boolean;
}

/** What a log shows instead of entries. */
function Nothing({ log, what, name, isFiltered }: NothingProps) {
	if (log === undefined || !log.isCaughtUp) return <p class="quiet">Loading the {what} …</p>;
	if (isFiltered) return <Empty title={`Nothing in the ${what} has this text.`} />;
	return (
		<Empty title={`There is nothing in the ${what} yet.`}>
			<p>
				Call the function with <Command line={`coffer functions invoke ${name}`} />.
			</p>
		</Empty>
	);
}

const droppedText = (count: number): string =>
	`${countText(count, "entry", "entries")} left out, because they came too fast.`;

/** Two nodes may have the same position. */
const keyOf = ({ node = "", position }: LogEntry, index: number): string =>
	position === undefined ? `${index}` : `${node}:${position}`;

interface LogProps {
	readonly app: string;
	readonly name: string;
}

/** The node that stored an entry, with several nodes. */
const From = ({ node }: { readonly node: string | undefined }) =>
	node === undefined ? null : (
		<span class="log-node">
			<NodeName node={node} />{" "}
		</span>
	);

function LineRow({ line }: { readonly line: Line }) {
	return (
		<div class={`log-line ${line.level}`}>
			<span class="log-time">{timeText(line.time)}</span>
			<span class="log-level">{line.level === "error" ? "error" : ""}</span>
			<span class="log-text">
				<From node={line.node} />
				{blockText(line.message)}
			</span>
		</div>
	);
}

const LINE_LEVELS = [
	["", "All output"],
	["info", "Standard output"],
	["error", "Standard error"],
] as const;

/** The output of a function, as it comes. */
export function Output({ app, name }: LogProps) {
	const [level, setLevel] = useState("");
	const [text, setText] = useState("");
	const log = useLines(app, { function: name, level });
	const word = text.toLowerCase();
	const lines = (log?.entries ?? []).filter(({ message }) => message.toLowerCase().includes(word));
	return (
		<div class="log-part">
			<Tools
				{...{ what: "output", level, levels: LINE_LEVELS, text }}
				onLevel={setLevel}
				onText={setText}
				connection={log?.connection}
			/>
			<MissingNodes nodes={log?.nodes} what="The lines" />
			<Scrolled label="Output" count={lines.length} newest={lines.at(-1)}>
				{log !== undefined && log.dropped > 0 && <p class="quiet">{droppedText(log.dropped)}</p>}
				{lines.map((line, index) => (
					<LineRow key={keyOf(line, index)} line={line} />
				))}
				{lines.length === 0 && <Nothing log={log} what="output" name={name} isFiltered={text !== ""} />}
			</Scrolled>
		</div>
	);
}

const REQUEST_LEVELS = [
	["", "All requests"],
	["error", "Failed requests"],
] as const;

function RequestRow({ request }: { readonly request: Request }) {
	const { time, method, path, status, ms, reason, automation, node } = request;
	const isBad = status >= 500 || reason !== null;
	return (
		<div class={`log-line request ${isBad ? "error" : ""}`}>
			<span class="log-time">{timeText(time)}</span>
			<span class="log-level">{status}</span>
			<span class="log-text">
				<From node={node} />
				{blockText(`${method} ${path}`)}
				{reason !== null && <span class="log-reason"> {blockText(reason)}</span>}
				{automation !== undefined && (
					<span class="quiet">
						{" "}
						by the automation <Name text={automation} />
					</span>
				)}
			</span>
			<span class="log-ms">{latencyText(ms)}</span>
		</div>
	);
}

/** The requests to a function, as they end. */
export function Requests({ app, name }: LogProps) {
	const [level, setLevel] = useState("");
	const [text, setText] = useState("");
	const log = useRequests(app, { function: name, level });
	const word = text.toLowerCase();
	const isFound = ({ method, path, status, reason }: Request) =>
		`${status} ${method} ${path} ${reason ?? ""}`.toLowerCase().includes(word);
	const requests = (log?.entries ?? []).filter(isFound);
	return (
		<div class="log-part">
			<Tools
				{...{ what: "requests", level, levels: REQUEST_LEVELS, text }}
				onLevel={setLevel}
				onText={setText}
				connection={log?.connection}
			/>
			<MissingNodes nodes={log?.nodes} what="The requests" />
			<Scrolled label="Requests" count={requests.length} newest={requests.at(-1)}>
				{log !== undefined && log.dropped > 0 && <p class="quiet">{droppedText(log.dropped)}</p>}
				{requests.map((request, index) => (
					<RequestRow key={keyOf(request, index)} request={request} />
				))}
				{requests.length === 0 && <Nothing log={log} what="requests" name={name} isFiltered={text !== ""} />}
			</Scrolled>
		</div>
	);
}
