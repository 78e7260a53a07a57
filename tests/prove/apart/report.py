# SPDX-License-Identifier: Apache-2.0
"""What has happened, as tables."""
import collections

from machines import LEASE_SECONDS


def show(fleet, clients, jobs, view, litter, cuts, seconds):
    show_cuts(cuts, seconds)
    show_hosts(fleet, cuts, seconds)
    show_jobs(jobs, view)
    executions = sum(int(fields.get("att", 0)) for fields in view.fields.values())
    fenced = {name.removeprefix("fenced_"): count for name, count in sorted(view.stats.items()) if name.startswith("fenced_")}
    print(f"attempts {executions}: lost {view.stats.get('lost', 0)}, given up for the machine's sake {view.stats.get('infra', 0)}, "
          f"retried {view.stats.get('retries', 0)}")
    print(f"refused to fenced attempts: {', '.join(f'{count} × {name}' for name, count in fenced.items()) or 'nothing'}; names "
          f"outrun {sum(int(fields.get('outrun', 0)) for fields in view.fields.values())}")
    print(f"submitted again under the same id {clients.again}, refused for a unique key {clients.refused}; "
          f"{len(jobs) / seconds:.1f} jobs a second")
    print(f"names {len(view.names)}, objects {len(view.objects)}; of abandoned attempts {len(litter[0]) - len(view.objects)} objects "
          f"and {len(litter[1])} other entries were collected")


def show_cuts(cuts, seconds):
    print(f"{'manner':<18} cuts  aimed  from one server  longer than the lease  shortest  median  longest")
    for manner, some in grouped(cuts, lambda cut: cut.manner):
        lengths = sorted(cut.seconds for cut in some)
        print(f"{manner:<18} {len(some):>4} {sum(bool(cut.aim) for cut in some):>6} "
              f"{sum(len(cut.servers) == 1 for cut in some):>16} {sum(cut.seconds > LEASE_SECONDS for cut in some):>22} "
              f"{lengths[0]:>7.1f} s {lengths[len(lengths) // 2]:>5.1f} s {lengths[-1]:>6.1f} s")
    print(f"{seconds:.0f} s; all hosts cut off at once for {together(cuts):.1f} s at most")


def show_hosts(fleet, cuts, seconds):
    print(f"{'host':<8} cuts  cut off  longest  attempts ended")
    for host in fleet.hosts:
        own = [cut.seconds for cut in cuts if cut.host == host.name]
        print(f"{host.name:<8} {len(own):>4} {100 * sum(own) / seconds:>6.0f} % {max(own, default=0):>6.1f} s "
              f"{len(host.events('job done')):>14}")


def show_jobs(jobs, view):
    print(f"{'kind':<16} jobs  attempts  most  ends")
    for kind, some in grouped(jobs, lambda job: job.kind):
        fields = [view.fields[job.id] for job in some if job.id in view.fields]
        ends = collections.Counter(f"{one['st']} {one.get('why', '').split(':')[0]}".strip() for one in fields)
        attempts = [int(one.get("att", 0)) for one in fields]
        print(f"{kind:<16} {len(some):>4} {sum(attempts):>9} {max(attempts, default=0):>5}  "
              f"{', '.join(f'{count} × {end}' for end, count in sorted(ends.items()))}")


def grouped(things, key):
    groups = collections.defaultdict(list)
    for thing in things:
        groups[key(thing)].append(thing)
    return sorted(groups.items())


def together(cuts):
    """The longest time in which every host was cut off from something."""
    hosts, longest, since = collections.Counter(), 0, None
    moments = [(cut.at, 1, cut.host) for cut in cuts] + [(cut.at + cut.seconds, -1, cut.host) for cut in cuts]
    every = len({cut.host for cut in cuts})
    for at, step, host in sorted(moments):
        hosts[host] += step
        if sum(count > 0 for count in hosts.values()) == every:
            since = at if since is None else since
        elif since is not None:
            longest, since = max(longest, at - since), None
    return longest


def show_logs(fleet):
    """Warnings and errors of the hosts, for who has to find out."""
    for host in fleet.hosts:
        lines = [line for line in host.log.read_text(errors="replace").splitlines() if '"debug"' not in line]
        print(f"---- {host.name}", *lines[-200:], sep="\n")
