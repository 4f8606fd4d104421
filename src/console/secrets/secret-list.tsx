import { useState } from "preact/hooks";
import type { SecretList } from "../../protocol/console.ts";
import { Link } from "../shell/navigation.tsx";
import { Empty } from "../shell/page.tsx";
import { countText } from "../text/instants.ts";
import { Moment } from "../text/moment.tsx";
import { Name, nameText } from "../text/name.tsx";
import type { Readers } from "./readers.ts";

const SHOWN = 200;
const FUNCTIONS_SHOWN = 4;

type Secret = SecretList["secrets"][number];

interface ListProps {
	readonly app: string;
	readonly secrets: readonly Secret[];
	/** Undefined until the functions are known. */
	readonly readers: Readers | undefined;
}

function ReadBy({
	app,
	name,
	readers,
}: {
	readonly app: string;
	readonly name: string;
	readonly readers: Readers | undefined;
}) {
	if (readers === undefined) return <span class="quiet">…</span>;
	const own = readers.of(name);
	const any = readers.any.length > 0 ? `${countText(readers.any.length, "function")} may read any` : "";
	if (own.length === 0)
		return <span class="quiet">{any === "" ? "no function" : `no function by name; ${any}`}</span>;
	return (
		<>
			{own.slice(0, FUNCTIONS_SHOWN).map((reader, index) => (
				<>
					{index > 0 && ", "}
					<Link to={{ page: "functions", app, name: reader.name }}>
						<Name text={reader.name} />
					</Link>
				</>
			))}
			{own.length > FUNCTIONS_SHOWN && ` and ${own.length - FUNCTIONS_SHOWN} more`}
		</>
	);
}

function Row({ app, secret, readers }: Omit<ListProps, "secrets"> & { readonly secret: Secret }) {
	const { atMs } = secret;
	return (
		<tr>
			<th scope="row">
				<Link to={{ page: "secrets", app, name: secret.name }}>
					<Name text={secret.name} />
				</Link>
				{secret.kind === "deleted" && <span class="bad-text"> deleted</span>}
				{secret.origin === "base44" && <span class="quiet"> set by the Base44 CLI, in no vault</span>}
			</th>
			<td data-label="Version">{secret.version}</td>
			<td data-label="Set by">
				<Name text={secret.by} />
			</td>
			<td data-label="When">
				{atMs === null ? <span class="quiet">revision {secret.revision}</span> : <Moment atMs={atMs} />}
			</td>
			<td data-label="Read by">
				<ReadBy app={app} name={secret.name} readers={readers} />
			</td>
		</tr>
	);
}

function useFilter(secrets: readonly Secret[]) {
	const [text, setText] = useState("");
	const [hasDeleted, setDeleted] = useState(false);
	const word = text.trim().toLowerCase();
	const found = secrets
		.filter(({ kind }) => hasDeleted || kind === "live")
		.filter(({ name }) => nameText(name).toLowerCase().includes(word))
		.sort((a, b) => (a.name < b.name ? -1 : 1));
	const deleted = secrets.filter(({ kind }) => kind === "deleted").length;
	const tools = (
		<div class="tools">
			<input
				type="search"
				aria-label="Find a secret"
				placeholder="Find a secret"
				value={text}
				onInput={(event) => setText(event.currentTarget.value)}
			/>
			<button type="button" class="chip" aria-pressed={hasDeleted} onClick={() => setDeleted(!hasDeleted)}>
				{deleted} deleted
			</button>
			<span class="quiet">{countText(secrets.length - deleted, "secret")}</span>
		</div>
	);
	return { found, tools };
}

/** The names of an app's secrets, with versions and readers. */
export function SecretTable({ secrets, ...rest }: ListProps) {
	const { found, tools } = useFilter(secrets);
	const [shown, setShown] = useState(SHOWN);
	return (
		<>
			{tools}
			{found.length === 0 ? (
				<Empty title="No secret has this name." />
			) : (
				<div class="table-box">
					<table class="stacking">
						<thead>
							<tr>
								<th scope="col">Name</th>
								<th scope="col">Version</th>
								<th scope="col">Set by</th>
								<th scope="col">When</th>
								<th scope="col">Read by</th>
							</tr>
						</thead>
						<tbody>
							{found.slice(0, shown).map((secret) => (
								<Row key={`${secret.origin} ${secret.name}`} secret={secret} {...rest} />
							))}
						</tbody>
					</table>
				</div>
			)}
			{found.length > shown && (
				<button type="button" class="more" onClick={() => setShown(shown + SHOWN)}>
					Show more of {countText(found.length, "secret")}
				</button>
			)}
		</>
	);
}
