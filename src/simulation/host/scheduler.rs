//! The scheduler: a thread for each task, and only one of them runs at a time.
//!
//! A task that waits lets the next one in virtual time run: a change of the world, or the task with the earliest wake-up;
//! at the same moment changes come first, then tasks by their keys. So a run depends on nothing but what is in it, and repeats exactly.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use super::events::What;
use super::repository::{Composed, Level};
use super::world::World;
use crate::smf::fmri::InstanceFmri;

/// The world, and the threads that share it.
pub(crate) struct Shared(Mutex<World>);

impl Shared {
    pub(crate) fn new(world: World) -> Arc<Self> {
        Arc::new(Self(Mutex::new(world)))
    }

    /// Looks at the world, or changes it, without time passing.
    pub(crate) fn with<R>(&self, f: impl FnOnce(&mut World) -> R) -> R {
        f(&mut self.lock())
    }

    /// A method that is killed unwinds, but never while it holds this: what is inside is whole.
    fn lock(&self) -> MutexGuard<'_, World> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A task.
pub(crate) struct Task<'a> {
    /// Who goes first of those that wake at the same moment.
    pub(crate) key: String,
    /// When it begins.
    pub(crate) at: Duration,
    /// What it does.
    pub(crate) body: Box<dyn FnOnce(&Slot) + Send + 'a>,
}

/// The places of the tasks, in the order of their keys.
#[derive(Default)]
pub(crate) struct Waiters {
    all: Vec<Waiter>,
    active: Option<usize>,
    /// Everybody waits and nothing will ever happen.
    stalled: bool,
}

struct Waiter {
    /// When it wakes; never, unless something wakes it, where there is none.
    wake: Option<Duration>,
    over: bool,
    condvar: Arc<Condvar>,
}

impl Waiters {
    /// Wakes a task now, or lets it wake earlier.
    pub(crate) fn wake(&mut self, waiter: usize, now: Duration) {
        if let Some(waiter) = self.all.get_mut(waiter) {
            waiter.wake = Some(waiter.wake.map_or(now, |wake| wake.min(now)));
        }
    }

    /// The task that wakes first, and when.
    fn next(&self) -> Option<(Duration, usize)> {
        let waking = self.all.iter().enumerate();
        waking
            .filter(|(_, waiter)| !waiter.over)
            .filter_map(|(i, waiter)| Some((waiter.wake?, i)))
            .min()
    }
}

/// Lets the world go on until a task is to run.
fn pass_on(world: &mut World) {
    world.waiters.active = None;
    loop {
        match (world.next_change(), world.waiters.next()) {
            (Some(change), Some((wake, _))) if change <= wake => world.change(),
            (_, Some((wake, waiter))) => {
                world.now = world.now.max(wake);
                world.waiters.active = Some(waiter);
                world.waiters.all[waiter].condvar.notify_one();
                return;
            }
            (Some(_), None) if world.waiters.all.iter().any(|waiter| !waiter.over) => {
                world.change();
            }
            // Nobody is left: what is to come waits for the next run.
            (_, None) => {
                world.waiters.stalled = world.waiters.all.iter().any(|waiter| !waiter.over);
                for waiter in &world.waiters.all {
                    waiter.condvar.notify_one();
                }
                return;
            }
        }
    }
}

/// A task's access to the world. No other task runs, except while this one waits.
pub(crate) struct Slot {
    shared: Arc<Shared>,
    waiter: usize,
}

impl Slot {
    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// Its place, by which [`Slot::wake`] wakes it.
    pub(crate) fn waiter(&self) -> usize {
        self.waiter
    }

    pub(crate) fn with<R>(&self, f: impl FnOnce(&mut World) -> R) -> R {
        self.shared.with(f)
    }

    /// The virtual time.
    pub(crate) fn now(&self) -> Duration {
        self.with(|world| world.now)
    }

    /// Writes into the record.
    pub(crate) fn tell(&self, subject: &str, what: What) {
        self.with(|world| world.tell(subject, what));
    }

    /// The properties of an instance, as its methods see them.
    pub(crate) fn running(&self, fmri: &InstanceFmri) -> Composed {
        self.with(|world| world.repository.running(fmri).unwrap_or_default())
    }

    /// Enables or disables an instance.
    pub(crate) fn set_enabled(&self, fmri: &InstanceFmri, enabled: bool) {
        self.with(|world| world.repository.set_enabled(fmri, enabled));
    }

    /// Whether somebody has disabled an instance.
    pub(crate) fn is_disabled(&self, fmri: &InstanceFmri) -> bool {
        self.with(|world| world.repository.is_disabled(fmri))
    }

    /// Lets somebody delete an instance, as the next thing that happens.
    pub(crate) fn delete(&self, fmri: &InstanceFmri) {
        let fmri = fmri.clone();
        self.with(|world| world.after(Duration::ZERO, move |world| world.delete(&fmri)));
    }

    /// Whether SMF has an instance.
    pub(crate) fn is_there(&self, fmri: &InstanceFmri) -> bool {
        self.with(|world| world.repository.current(fmri).is_some())
    }

    /// Imports an instance again, with these properties of its own.
    pub(crate) fn import_again(&self, fmri: &InstanceFmri, own: Level) {
        self.with(|world| world.repository.import_again(fmri, own));
    }

    /// Wakes a task that waits.
    pub(crate) fn wake(&self, waiter: usize) {
        self.with(|world| {
            let now = world.now;
            world.waiters.wake(waiter, now);
        });
    }

    /// Waits until then, or until something wakes this task.
    pub(crate) fn park(&self, until: Option<Duration>) {
        let mut world = self.shared.lock();
        world.waiters.all[self.waiter].wake = until;
        pass_on(&mut world);
        self.wait(world);
    }

    /// Waits until this task is the one that runs.
    fn wait(&self, mut world: MutexGuard<'_, World>) {
        let condvar = Arc::clone(&world.waiters.all[self.waiter].condvar);
        while world.waiters.active != Some(self.waiter) {
            assert!(
                !world.waiters.stalled,
                "simulation deadlock: every task is waiting"
            );
            world = condvar.wait(world).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// A task that ends lets the next one run, also when it panics.
impl Drop for Slot {
    fn drop(&mut self) {
        let mut world = self.shared.lock();
        world.waiters.all[self.waiter].over = true;
        if world.waiters.active == Some(self.waiter) {
            pass_on(&mut world);
        }
    }
}

/// What a thread has for its calls: a method needs a tenth of it, and there are as many threads as instances.
const STACK: usize = 1 << 20;

/// Runs all tasks to their ends.
pub(crate) fn perform(shared: &Arc<Shared>, mut tasks: Vec<Task<'_>>) {
    tasks.sort_by(|a, b| a.key.cmp(&b.key));
    shared.with(|world| {
        let all = tasks.iter().map(|task| Waiter {
            wake: Some(task.at.max(world.now)),
            over: false,
            condvar: Arc::default(),
        });
        world.waiters.all = all.collect();
    });
    thread::scope(|scope| {
        for (waiter, task) in tasks.into_iter().enumerate() {
            let turn = Slot {
                shared: Arc::clone(shared),
                waiter,
            };
            let begun = thread::Builder::new()
                .stack_size(STACK)
                .spawn_scoped(scope, move || {
                    turn.wait(turn.shared.lock());
                    (task.body)(&turn);
                });
            if let Err(error) = begun {
                // The others would wait for their turn for ever.
                shared.with(|world| {
                    world.waiters.stalled = true;
                    for waiter in &world.waiters.all {
                        waiter.condvar.notify_one();
                    }
                });
                panic!("cannot simulate so many instances here: {error}");
            }
        }
        // Only now, when everybody has a seat: else who is first would depend on the threads.
        shared.with(pass_on);
    });
    shared.with(|world| world.waiters = Waiters::default());
}
