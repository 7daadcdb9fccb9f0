// SPDX-License-Identifier: MIT
//! A recording survives anything: every kind of fragmented file becomes an ordinary movie in place, from any
//! cut, through any interruption, and back.

mod cut;
mod foreign;
mod gstreamer;
mod interrupted;
mod own;
mod seam;
mod synthetic;
mod tools;
