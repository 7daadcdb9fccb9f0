// SPDX-License-Identifier: MIT
//! `hyperzoom demo`: a whole call on this machine. Every participant is a program of its own, as in life: `host` and
//! `join`, with test sources, over real sockets, each with its own master; then the masters are lined up.

mod person;
mod report;

use super::shared::{Shared, Usage, say_json, start_media};
use crate::studio::{self, AlignSettings, CameraChoice, MicrophoneChoice};
use anyhow::{Context, bail};
use person::{Heard, Person};
use report::{DemoReport, Row};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

/// Without another wish it lasts so long: enough for the clocks to be known to a part in a million.
const SECONDS: f64 = 15.0;
/// Who has not come in by then never will.
const COMING_IN: Duration = Duration::from_secs(20);
/// A recording is finished long before that.
const FINISHING: Duration = Duration::from_secs(60);

/// A whole call on this machine with test sources, then its masters lined up, and a report.
#[derive(Debug, clap::Args)]
pub struct Demo {
    #[command(flatten)]
    shared: Shared,
    /// How many take part
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u8).range(2..=4), value_name = "PEOPLE")]
    people: u8,
}

impl Demo {
    /// Plays the call and reports.
    pub fn run(self) -> anyhow::Result<()> {
        let seconds = self.shared.seconds()?.unwrap_or(SECONDS);
        if seconds < 3.0 {
            return Err(Usage("a call of less than 3 seconds shows nothing; give --for 3 or more".into()).into());
        }
        let recordings = self.shared.recordings()?;
        std::fs::create_dir_all(&recordings)
            .with_context(|| format!("the folder {} can't be made", recordings.display()))?;
        let (ring, bell) = channel();
        let handler = move || {
            // Nobody listens any more when it is over.
            let _ = ring.send(());
        };
        ctrlc::set_handler(handler).context("the signals that end a call can't be watched")?;
        let mut people = self.call(&recordings)?;
        self.aside(&format!("everybody is in; the call lasts {seconds:.0} s (interrupt it to end it earlier)"));
        // An interrupt from the keyboard reaches everybody by itself.
        let _ = bell.recv_timeout(Duration::from_secs_f64(seconds));
        // Guests first: a host who leaves last hears everybody go.
        people.iter_mut().rev().for_each(Person::leave);
        let limit = Instant::now() + FINISHING;
        let rows: Vec<Row> = people.iter_mut().map(|person| Row::of(person, limit)).collect::<Result<_, _>>()?;
        let report = self.line_up(rows, &recordings)?;
        if self.shared.json {
            return say_json(&report);
        }
        report.print();
        Ok(())
    }

    /// Everybody comes in.
    fn call(&self, recordings: &Path) -> anyhow::Result<Vec<Person>> {
        let limit = Instant::now() + COMING_IN;
        let mut host = Person::start("host", &self.words("host", recordings), &["host"])?;
        let invite = host.await_event(limit, |heard| match heard {
            Heard::Invite(invite) => Some(invite.clone()),
            _ => None,
        })?;
        self.aside("the host has opened a call on 127.0.0.1");
        let mut people = vec![host];
        for number in 1..self.people {
            let name = if self.people == 2 { "guest".to_owned() } else { format!("guest {number}") };
            people.push(Person::start(&name, &self.words(&name, recordings), &["join", &invite])?);
        }
        for person in &mut people[1..] {
            let took_ms = person.await_event(limit, |heard| match heard {
                Heard::Joined { took_ms } => Some(*took_ms),
                _ => None,
            })?;
            self.aside(&format!("{} is in, after {took_ms} ms", person.name));
        }
        for person in &mut people {
            person.await_event(limit, |heard| matches!(heard, Heard::Recording).then_some(()))?;
        }
        Ok(people)
    }

    /// What every participant is told.
    fn words(&self, name: &str, recordings: &Path) -> Vec<String> {
        // Four encoders of full size are more than most machines have room for.
        let camera = match self.shared.camera() {
            CameraChoice::Off => "off".to_owned(),
            CameraChoice::Test(size, rate) if !self.is_default_camera() => format!("test:{size}@{}", rate.num),
            CameraChoice::Id(id) => id,
            _ => "test:640x360".to_owned(),
        };
        let microphone = if self.shared.microphone() == MicrophoneChoice::Off { "off" } else { "test" };
        // Test sources are no music: nobody has to hear them.
        let speaker = self.shared.speaker.as_deref().filter(|speaker| *speaker != "auto").unwrap_or("off");
        let folder = recordings.to_string_lossy().into_owned();
        let words = ["--bind", "127.0.0.1", "--no-port-mapping", "--json", "--camera", &camera, "--mic", microphone];
        let mut words: Vec<String> = words.into_iter().map(str::to_owned).collect();
        for (option, value) in
            [("--speaker", speaker), ("--recordings", &folder), ("--name", name), ("--session", name)]
        {
            words.extend([option.to_owned(), value.to_owned()]);
        }
        words
    }

    fn is_default_camera(&self) -> bool {
        self.shared.camera() == CameraChoice::Auto
    }

    fn line_up(&self, people: Vec<Row>, recordings: &Path) -> anyhow::Result<DemoReport> {
        let folders: Vec<PathBuf> = people.iter().filter_map(|row| row.folder.clone()).collect();
        if folders.is_empty() {
            bail!("nothing was recorded: with camera and microphone off a demo shows only the network");
        }
        start_media()?;
        let local = folders[0].file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let out = recordings.join(format!("{local}_timeline"));
        let settings = AlignSettings { folders, out: out.clone(), wav: false };
        self.aside("lining up the masters");
        let aligned = studio::align(&settings, &mut |_| {})?;
        Ok(DemoReport { event: "demo-report", people, timeline: out, aligned })
    }

    fn aside(&self, line: &str) {
        let _ = writeln!(std::io::stderr(), "{line}");
    }
}
