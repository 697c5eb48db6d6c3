// What a person does whose lane cannot go on, for its numbers could not be compared.

/** Names what `changed`, and the way on from the file of `best`, the experiment on the tip. */
export function anotherLane(lane: string, best: string, changed: string): string {
  return [
    `lane ${lane} stops: ${changed}`,
    'Numbers measured now cannot be compared with its rows',
    `To go on, begin a new lane from its best file: autoresearch show ${best} --lane ${lane} --train-py > best.py, then autoresearch dev --lane NAME --train-py best.py`,
    'Give both commands the --dir and --store of this lane, and the second its --trainer',
    'On a cluster, add a lane with this file as its trainPy',
    'Or return to the release, the machine and the settings that began this lane',
  ].join('. ');
}
