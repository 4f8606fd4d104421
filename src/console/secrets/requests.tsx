import { useState } from "preact/hooks";
import type { SecretRequestList } from "../../protocol/secret-requests/messages.ts";
import type { Answer } from "../data/cache.ts";
import { FailureText } from "../shell/page.tsx";
import { CopyButton } from "../text/copy-button.tsx";
import { countText } from "../text/instants.ts";
import { Moment } from "../text/moment.tsx";
import { blockText, Command, Name, nameText } from "../text/name.tsx";
import { FillForm } from "./fill-form.tsx";

type Request = SecretRequestList["requests"][number];

/** What a person types where the project is, to set the value. */
const fillCommand = ({ name }: Request, environment: string): string =>
	`coffer requests fill ${name} -e ${environment}`;

/** Whether a shell takes the command as these words: so it is for every name that a vault can have. */
const isPlain = (command: string): boolean => /^[\w -]+$/.test(command);

function Asker({ by, verified }: Request) {
	if (verified)
		return (
			<>
				<Name text={by} /> <span class="quiet">(member, verified by signature)</span>
			</>
		);
	return (
		<>
			“<Name text={by} />”{" "}
			<span class="bad-text">not verified: anybody with the repository can use this name</span>
		</>
	);
}

/** A value that somebody has filled in, and the command with which a member takes it. */
function Filled({ environment, request }: { readonly environment: string; readonly request: Request }) {
	if (request.filled === null) return null;
	return (
		<p>
			<span class="state pending wrapping">
				<span>
					A value was filled in <Moment atMs={request.filled.atMs} />, with the access token{" "}
					<Name text={request.filled.by} />. It waits until a writer accepts it:
				</span>
			</span>{" "}
			<Command line={`coffer requests accept ${request.name} -e ${environment}`} />
		</p>
	);
}

interface EntryProps {
	readonly app: string;
	readonly list: SecretRequestList;
	readonly request: Request;
}

function Entry({ app, list, request }: EntryProps) {
	const { environment } = list;
	const [isFilling, setFilling] = useState(false);
	const { at, name, reason } = request;
	const atMs = Date.parse(at);
	const command = fillCommand(request, environment);
	const fillWords = request.filled === null ? "Fill in here" : "Fill in again";
	return (
		<li class="request">
			<h3>
				<Name text={name} />{" "}
				<span class="quiet">
					in <Name text={environment} />
				</span>
			</h3>
			<p>
				Asked for by <Asker {...request} />
				{Number.isFinite(atMs) && (
					<>
						, <Moment atMs={atMs} /> <span class="quiet">by the asker's clock</span>
					</>
				)}
			</p>
			<blockquote class="reason-text">
				<bdi>{blockText(reason)}</bdi>
			</blockquote>
			<Filled environment={environment} request={request} />
			<p class="tools">
				<Command line={command} />
				{isPlain(command) && <CopyButton text={command} label={`Copy the command that sets ${name}`} />}
				{!isFilling && (
					<button
						type="button"
						class="chip"
						aria-label={`${fillWords}: ${nameText(name)}`}
						onClick={() => setFilling(true)}
					>
						{fillWords}
					</button>
				)}
			</p>
			{isFilling && <FillForm {...{ app, list, request }} onDone={() => setFilling(false)} />}
		</li>
	);
}

/** The secrets that somebody has asked for and nobody has set. Reasons are texts of strangers. */
export function Requests({ app, list }: { readonly app: string; readonly list: Answer<SecretRequestList> }) {
	const { failure, value } = list;
	// A node of an earlier version has no such list.
	if (failure !== undefined && failure.code !== "ROUTE_NOT_FOUND" && failure.kind !== "offline")
		return <FailureText failure={failure} />;
	if (value === undefined || value.requests.length === 0) return null;
	const { requests } = value;
	return (
		<section class="part requests" aria-label="Requested secrets">
			<h2>{countText(requests.length, "secret is", "secrets are")} asked for</h2>
			<p class="quiet">
				To set one, run its command in the project, which asks for the value, hidden. Or fill it in here: your
				browser encrypts it, and a writer accepts it. A reason is text from the asker.
			</p>
			<ul>
				{requests.map((request) => (
					<Entry key={request.id} app={app} list={value} request={request} />
				))}
			</ul>
		</section>
	);
}
